/*
 * The loopback server; see httpd.h. libmicrohttpd runs in its external mode: nothing happens but
 * inside its MHD_run, which is called here only. Its callbacks collect a request; when it is whole,
 * the connection is suspended and the request queued. An answer resumes the connection, and the
 * next call of the handler hands the response over.
 */
#include "httpd_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

/* How often another free port is tried when ::1 has no room on the one that 127.0.0.1 gave. */
static const int port_attempts = 8;

/* How many steps of its connections a daemon does before we look after anything else. */
static const int most_steps = 32;

static void queue_push(struct xr_httpd *httpd, struct xr_httpd_request *request)
{
    if (httpd->queue_end != NULL)
        httpd->queue_end->queued = request;
    else
        httpd->queue = request;
    httpd->queue_end = request;
}

static struct xr_httpd_request *queue_pop(struct xr_httpd *httpd)
{
    struct xr_httpd_request *request = httpd->queue;
    if (request == NULL)
        return NULL;
    httpd->queue = request->queued;
    if (httpd->queue == NULL)
        httpd->queue_end = NULL;
    request->queued = NULL;
    request->held = true;
    return request;
}

/* ---- libmicrohttpd's callbacks: C memory only ---- */

/* Lines of the library are kept for the message of a failed start, and never printed. */
static void on_log(void *closure, const char *format, va_list arguments)
{
    struct xr_httpd *httpd = closure;
    (void)vsnprintf(httpd->log, sizeof httpd->log, format, arguments);
    httpd->log[strcspn(httpd->log, "\n")] = '\0';
}

/* Why it does not listen, without the library's "Failed to bind to port N: ". */
static const char *reason(const struct xr_httpd *httpd)
{
    if (httpd->log[0] == '\0')
        return strerror(errno);
    const char *colon =
        strncmp(httpd->log, "Failed to bind", 14) == 0 ? strstr(httpd->log, ": ") : NULL;
    return colon != NULL ? colon + 2 : httpd->log;
}

static enum MHD_Result refuse_body(struct MHD_Connection *connection)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_CONTENT_TOO_LARGE, response);
    MHD_destroy_response(response);
    return result;
}

/*
 * Called for the head of a request, for each piece of its body, once when it is whole, and once
 * more after a resume.
 */
static enum MHD_Result on_request(void *closure, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *size, void **context)
{
    struct xr_httpd *httpd = closure;
    struct xr_httpd_request *request = *context;
    (void)version;
    if (request == NULL) {
        request = xr_httpd_request_new(httpd, connection, method, path);
        *context = request;
        if (request == NULL)
            return MHD_NO;
        return xr_httpd_request_collect(request) ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        bool kept = xr_httpd_request_append(request, bytes, *size);
        *size = 0;
        return kept ? MHD_YES : MHD_NO;
    }
    if (request->too_large)
        return refuse_body(connection);
    if (!request->whole) {
        request->whole = true;
        request->arrived = xr_clock_monotonic();
        MHD_suspend_connection(connection);
        queue_push(httpd, request);
        return MHD_YES;
    }
    if (request->response == NULL)
        return MHD_NO; /* closes the connection */
    return MHD_queue_response(connection, request->status, request->response);
}

static void on_completed(void *closure, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    (void)closure;
    (void)connection;
    (void)why;
    if (*context != NULL)
        xr_httpd_request_detach(*context);
    *context = NULL;
}

/* ---- the server ---- */

/*
 * One run does one step of each connection (resume, write the head, write the body), and a timeout
 * of zero says that more steps are ready. The bound keeps busy clients from holding us here.
 */
static void run_daemon(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG most = 0;
    int steps = 0;
    do {
        (void)MHD_run(daemon);
    } while (++steps < most_steps && MHD_get_timeout(daemon, &most) == MHD_YES && most == 0);
}

void xr_httpd_drive(struct xr_httpd *httpd)
{
    for (size_t i = 0; i < httpd->count; i++)
        run_daemon(httpd->daemons[i]);
}

/* Adds a daemon that listens on address at httpd->port. */
static bool listen_on(struct xr_httpd *httpd, const struct xr_httpd_settings *settings,
                      const struct sockaddr *address)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (address->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    struct MHD_OptionItem keys[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->key},
        {MHD_OPTION_END, 0, NULL},
    };
    if (httpd->tls)
        flags |= MHD_USE_TLS;
    httpd->log[0] = '\0';
    struct MHD_Daemon *made = MHD_start_daemon(
        flags, httpd->port, NULL, NULL, on_request, httpd, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        httpd, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, httpd,
        MHD_OPTION_ARRAY, httpd->tls ? keys : &keys[2], MHD_OPTION_END);
    if (made == NULL)
        return false;
    httpd->daemons[httpd->count++] = made;
    httpd->port = MHD_get_daemon_info(made, MHD_DAEMON_INFO_BIND_PORT)->port;
    return true;
}

static bool listen_v4(struct xr_httpd *httpd, const struct xr_httpd_settings *settings)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(httpd->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    return listen_on(httpd, settings, (const struct sockaddr *)&address);
}

static bool listen_v6(struct xr_httpd *httpd, const struct xr_httpd_settings *settings)
{
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(httpd->port),
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    return listen_on(httpd, settings, (const struct sockaddr *)&address);
}

/* Whether this machine has ::1 at all. */
static bool has_v6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool has = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd); /* nothing was written */
    return has;
}

static void stop_daemons(struct xr_httpd *httpd)
{
    for (size_t i = 0; i < httpd->count; i++)
        MHD_stop_daemon(httpd->daemons[i]);
    httpd->count = 0;
}

/* Both addresses at one port: where none was asked for, the first one's choice may be taken. */
static bool listen_both(struct xr_httpd *httpd, const struct xr_httpd_settings *settings)
{
    bool v6 = has_v6();
    for (int attempt = 0; attempt < port_attempts; attempt++) {
        httpd->port = settings->port;
        if (!listen_v4(httpd, settings))
            return false;
        if (!v6 || listen_v6(httpd, settings))
            return true;
        stop_daemons(httpd);
        if (settings->port != 0)
            return false;
    }
    return false;
}

static bool start(struct xr_httpd *httpd, const struct xr_httpd_settings *settings)
{
    httpd->port = settings->port;
    if (strcmp(settings->address, "127.0.0.1") == 0)
        return listen_v4(httpd, settings);
    if (strcmp(settings->address, "::1") == 0)
        return listen_v6(httpd, settings);
    if (strcmp(settings->address, "localhost") == 0)
        return listen_both(httpd, settings);
    (void)snprintf(httpd->log, sizeof httpd->log, "not a loopback address");
    return false;
}

struct xr_httpd *xr_httpd_open(const struct xr_httpd_settings *settings, char *message, size_t size)
{
    struct xr_httpd *httpd = calloc(1, sizeof *httpd);
    if (httpd == NULL) {
        (void)snprintf(message, size, "out of memory");
        return NULL;
    }
    httpd->tls = settings->certificate != NULL;
    httpd->watch = epoll_create1(EPOLL_CLOEXEC);
    if (httpd->watch >= 0 && start(httpd, settings))
        return httpd;
    (void)snprintf(message, size, "cannot listen on %s port %u: %s", settings->address,
                   settings->port, reason(httpd));
    xr_httpd_close(httpd);
    return NULL;
}

uint16_t xr_httpd_port(const struct xr_httpd *httpd)
{
    return httpd->port;
}

/* ---- waiting ---- */

static void drop_the_gone(struct xr_httpd *httpd)
{
    struct epoll_event events[16];
    int count = epoll_wait(httpd->watch, events, 16, 0);
    for (int i = 0; i < count; i++)
        xr_httpd_request_settle(events[i].data.ptr);
}

/* The longest sleep that is right, in milliseconds for poll(2), rounded up. */
static int patience(const struct xr_httpd *httpd, double seconds)
{
    double milliseconds = fmin(ceil(seconds * 1000), 60000);
    for (size_t i = 0; i < httpd->count; i++) {
        MHD_UNSIGNED_LONG_LONG most = 0;
        if (MHD_get_timeout(httpd->daemons[i], &most) == MHD_YES)
            milliseconds = fmin(milliseconds, (double)most);
    }
    return (int)milliseconds;
}

/* Sleeps until there is something to do. False when the user's own descriptor woke it. */
static bool sleep_until(struct xr_httpd *httpd, double seconds, int wake_fd)
{
    struct pollfd fds[4] = {
        {.fd = wake_fd, .events = POLLIN},
        {.fd = httpd->watch, .events = POLLIN},
    };
    for (size_t i = 0; i < httpd->count; i++) {
        fds[2 + i].fd = MHD_get_daemon_info(httpd->daemons[i], MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
        fds[2 + i].events = POLLIN;
    }
    int ready = poll(fds, (nfds_t)(2 + httpd->count), patience(httpd, seconds));
    if (ready < 0)
        return errno == EINTR; /* a signal: wake_fd says whether it concerns us */
    if (fds[1].revents != 0)
        drop_the_gone(httpd);
    return fds[0].revents == 0;
}

struct xr_httpd_request *xr_httpd_next(struct xr_httpd *httpd, double seconds, int wake_fd)
{
    double deadline = seconds < 0 ? HUGE_VAL : xr_clock_monotonic() + seconds;
    for (;;) {
        xr_httpd_drive(httpd);
        struct xr_httpd_request *request = queue_pop(httpd);
        if (request != NULL)
            return request;
        double left = deadline - xr_clock_monotonic();
        if (left <= 0 || !sleep_until(httpd, left, wake_fd))
            return NULL;
    }
}

void xr_httpd_close(struct xr_httpd *httpd)
{
    if (httpd == NULL)
        return;
    /* A suspended connection must be resumed before its daemon may stop. */
    for (struct xr_httpd_request *request = httpd->requests; request != NULL;
         request = request->following) {
        if (request->whole && !request->settled)
            MHD_resume_connection(request->connection);
    }
    stop_daemons(httpd);
    if (httpd->watch >= 0)
        (void)close(httpd->watch); /* nothing was written */
    free(httpd);
}
