/* The clocks; see clock.h. */
#include "clock.h"

#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec time;
    (void)clock_gettime(clock, &time); /* cannot fail: valid clock, valid pointer */
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double xr_clock_now(void)
{
    return seconds_of(CLOCK_REALTIME);
}

double xr_clock_monotonic(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}
