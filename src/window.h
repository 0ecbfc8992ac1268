/*
 * A sliding window of disconnects over the pump: so many are under way at a time, and for each one
 * that Xero answers with 204 the next goes out at once. Anything else closes the window: nothing
 * more goes out before its owner has looked at that answer and has opened the window again. So does
 * what ends a run early (interrupt.h).
 */
#ifndef XR_WINDOW_H
#define XR_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"
#include "token.h"

/* So many may wait to be sent. */
#define XR_WINDOW_QUEUE ((size_t)64)

/* Those that went well are told together: so many, or those that came before there was no further
 * answer for so many seconds. */
#define XR_WINDOW_BATCH ((size_t)16)
#define XR_WINDOW_LULL 0.05

struct xr_window;

/* A disconnect that went well: 204, sent once. */
struct xr_window_deleted {
    long long tag;
    char correlation_id[64]; /* Xero's; "" where it sent none */
};

/* A window that is closed, for connections of the API at this URL; timeout is in seconds, for each.
 * The pump must outlive it. NULL when memory is short. */
struct xr_window *xr_window_new(struct xr_http *http, const char *url, double timeout);

/* Adds the connection with this UUID to what waits to be sent; the tag is for its owner. False: as
 * many wait as may. */
bool xr_window_add(struct xr_window *window, long long tag, const char *connection_id);

/* From the next xr_window_wait on, what waits goes out with this token, so many at a time. */
void xr_window_open(struct xr_window *window, const struct xr_token *token, size_t width);

/*
 * Sends and waits until as many as a batch have gone well (XR_WINDOW_BATCH at most), there is a
 * lull after some have, or the seconds are over (negative: no limit); then, where nothing is under
 * way, or where the interrupt descriptor became readable, it gives NULL. Any other answer it gives
 * at once, as xr_http_wait does; with a batch of 0, each answer. Where a request was refused the
 * window is closed, the refusal and why are set, and that one still waits to be sent.
 */
struct xr_http_answer *xr_window_wait(struct xr_window *window, double seconds, size_t batch,
                                      enum xr_http_refusal *refusal, const char **why);

/* The next one that went well, in their order. False: there is none. */
bool xr_window_next(struct xr_window *window, struct xr_window_deleted *deleted);

/* Closes the window and takes back the first that was not sent. False: there is none. */
bool xr_window_recall(struct xr_window *window, long long *tag);

/* How many are under way. */
size_t xr_window_under_way(const struct xr_window *window);

/* What is under way stays so, and its answers go to nobody. NULL is allowed. */
void xr_window_free(struct xr_window *window);

#endif
