/* The event loop of the pump; see loop.h. */
#include "loop.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"

#define IDLE_CONNECTIONS 32L
#define EVENTS 64

/* libcurl tells which sockets to watch for what; a value put into known means: is in the set. */
static int on_watch(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct xr_loop *loop = user;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        /* It may be closed already, and has then left the set by itself. */
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return -1;
    if (!known)
        (void)curl_multi_assign(loop->multi, fd, loop);
    return 0;
}

static int on_alarm(CURLM *multi, long milliseconds, void *user)
{
    struct xr_loop *loop = user;
    (void)multi;
    loop->alarm = milliseconds < 0 ? INFINITY : xr_clock_monotonic() + (double)milliseconds / 1000;
    return 0;
}

bool xr_loop_open(struct xr_loop *loop, int interrupt_fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = interrupt_fd};
    *loop = (struct xr_loop){
        .epoll = epoll_create1(EPOLL_CLOEXEC), .interrupt_fd = interrupt_fd, .alarm = INFINITY};
    return loop->epoll >= 0 &&
           (interrupt_fd < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, interrupt_fd, &event) == 0);
}

bool xr_loop_prepare(struct xr_loop *loop)
{
    if (loop->multi)
        return true;
    CURLM *multi = curl_multi_init();
    if (!multi)
        return false;
    loop->alarm = INFINITY;
    if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_watch) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_alarm) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS) != CURLM_OK) {
        (void)curl_multi_cleanup(multi);
        return false;
    }
    loop->multi = multi;
    return true;
}

static void act(struct xr_loop *loop, curl_socket_t fd, int what)
{
    int running = 0;
    if (!loop->broken && curl_multi_socket_action(loop->multi, fd, what, &running) != CURLM_OK)
        loop->broken = true;
}

void xr_loop_ring(struct xr_loop *loop)
{
    if (loop->alarm > xr_clock_monotonic())
        return;
    loop->alarm = INFINITY;
    act(loop, CURL_SOCKET_TIMEOUT, 0);
}

static int as_poll_timeout(double seconds)
{
    if (seconds <= 0)
        return 0;
    return seconds > 3600 ? 3600 * 1000 : (int)ceil(seconds * 1000);
}

static int as_curl_events(unsigned events)
{
    return (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
           (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

/* Once told, the descriptor leaves the set: what is in flight is still to be waited for. */
static void forget_interrupt(struct xr_loop *loop)
{
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->interrupt_fd, NULL);
    loop->interrupt_fd = -1;
}

bool xr_loop_drive(struct xr_loop *loop, double deadline)
{
    struct epoll_event events[EVENTS];
    double until = loop->alarm < deadline ? loop->alarm : deadline;
    bool interrupted = false;
    int count =
        epoll_wait(loop->epoll, events, EVENTS, as_poll_timeout(until - xr_clock_monotonic()));
    if (count < 0 && errno != EINTR)
        loop->broken = true;
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == loop->interrupt_fd)
            interrupted = true;
        else
            act(loop, events[i].data.fd, as_curl_events(events[i].events));
    }
    xr_loop_ring(loop);
    if (interrupted)
        forget_interrupt(loop);
    return !interrupted;
}

void xr_loop_drop(struct xr_loop *loop)
{
    if (loop->multi)
        (void)curl_multi_cleanup(loop->multi);
    loop->multi = NULL;
    loop->broken = false;
}

void xr_loop_close(struct xr_loop *loop)
{
    xr_loop_drop(loop);
    if (loop->epoll >= 0)
        (void)close(loop->epoll);
    loop->epoll = -1;
}
