/* The two clocks that the program goes by, in seconds. Neither can fail. */
#ifndef XR_CLOCK_H
#define XR_CLOCK_H

/* Since the epoch: what people and servers call the time. It may be set, also backwards. */
double xr_clock_now(void);

/* Since some moment, evenly: for deadlines and for how long something took. */
double xr_clock_monotonic(void);

#endif
