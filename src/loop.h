/*
 * The event loop of the pump: libcurl's multi handle over epoll. It waits for whatever libcurl
 * wants to be called for, and calls it; which requests there are is for http.c.
 *
 * A multi handle that failed is of no more use: the loop is broken then. Its user takes the
 * requests out of it and drops it, and the next request gets a new one.
 */
#ifndef XR_LOOP_H
#define XR_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>

struct xr_loop {
    CURLM *multi; /* NULL until needed, and after it broke */
    int epoll;
    int interrupt_fd; /* -1 once it was told */
    bool broken;
    double alarm; /* when libcurl wants to be called, monotonic; INFINITY: never */
};

/* Fills the loop, which the caller closes whatever comes of it. False, with errno, when descriptors
 * are short. interrupt_fd: readable once the program is to stop; -1: none. */
bool xr_loop_open(struct xr_loop *loop, int interrupt_fd);

/* Makes a multi handle where there is none. False: memory is short. */
bool xr_loop_prepare(struct xr_loop *loop);

/* Has libcurl do what it wanted to be called for by now: to send what was submitted, above all. */
void xr_loop_ring(struct xr_loop *loop);

/*
 * Waits until there is something to do, at most until deadline, and has libcurl do it. False: the
 * interrupt descriptor is readable, which is told once.
 */
bool xr_loop_drive(struct xr_loop *loop, double deadline);

/* Ends the multi handle, which no request is in any more. */
void xr_loop_drop(struct xr_loop *loop);

void xr_loop_close(struct xr_loop *loop);

#endif
