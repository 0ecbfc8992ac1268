/*
 * The loopback server; see httpd.h. libmicrohttpd runs in its external mode: nothing happens but
 * inside its MHD_run, which is called here only. Its callbacks collect a request; when it is whole,
 * the connection is suspended and the request queued. An answer resumes the connection, and the
 * next call of the handler hands the response over.
 */
#include "httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What a request may carry; more is answered with 413 and never seen by anybody. */
static const size_t body_limit = 1024 * 1024;

/* How often another free port is tried when ::1 has no room on the one that 127.0.0.1 gave. */
static const int port_attempts = 8;

struct field_node {
    struct xr_httpd_field field;
    char text[]; /* name NUL value NUL */
};

struct xr_httpd_request {
    struct xr_httpd *httpd; /* NULL once the connection is gone */
    struct MHD_Connection *connection; /* NULL once it is gone */
    struct xr_httpd_request *previous; /* among all that have a connection */
    struct xr_httpd_request *following;
    struct xr_httpd_request *queued; /* the next one in the queue */
    bool whole; /* wholly read; from then on suspended until settled */
    bool held; /* its user has it */
    bool settled; /* answered, or given up */
    struct MHD_Response *response; /* settled: the answer; NULL: close without one */
    unsigned status; /* of response */
    char *method;
    char *path;
    struct xr_httpd_field *fields;
    struct xr_httpd_field *last_field;
    char *body;
    size_t length;
    bool too_large;
    double arrived;
};

struct xr_httpd {
    struct MHD_Daemon *daemons[2]; /* 127.0.0.1, ::1 */
    size_t count;
    uint16_t port;
    bool tls;
    int watch; /* epoll: the clients of requests that were let go unanswered */
    struct xr_httpd_request *requests;
    struct xr_httpd_request *queue;
    struct xr_httpd_request *queue_end;
    char log[200]; /* the last line that libmicrohttpd logged */
};

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time); /* cannot fail for this clock */
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- one request ---- */

static void request_free(struct xr_httpd_request *request)
{
    while (request->fields != NULL) {
        struct xr_httpd_field *next = (struct xr_httpd_field *)request->fields->next;
        free(request->fields);
        request->fields = next;
    }
    free(request->method);
    free(request->path);
    free(request->body);
    free(request);
}

static struct xr_httpd_request *request_new(struct xr_httpd *httpd, struct MHD_Connection *from,
                                            const char *method, const char *path)
{
    struct xr_httpd_request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->method = strdup(method);
    request->path = strdup(path);
    if (request->method == NULL || request->path == NULL) {
        request_free(request);
        return NULL;
    }
    request->httpd = httpd;
    request->connection = from;
    request->following = httpd->requests;
    if (httpd->requests != NULL)
        httpd->requests->previous = request;
    httpd->requests = request;
    return request;
}

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

/* The connection is gone: what remains of the request is its user's, or nobody's. */
static void request_detach(struct xr_httpd_request *request)
{
    if (request->previous != NULL)
        request->previous->following = request->following;
    else
        request->httpd->requests = request->following;
    if (request->following != NULL)
        request->following->previous = request->previous;
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    request->response = NULL;
    request->httpd = NULL;
    request->connection = NULL;
    if (!request->held)
        request_free(request);
}

/* ---- libmicrohttpd's callbacks: C memory only ---- */

/* Lines of the library are kept for the message of a failed start, and never printed. */
static void on_log(void *closure, const char *format, va_list arguments)
{
    struct xr_httpd *httpd = closure;
    (void)vsnprintf(httpd->log, sizeof httpd->log, format, arguments);
    httpd->log[strcspn(httpd->log, "\n")] = '\0';
}

static enum MHD_Result on_field(void *closure, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    struct xr_httpd_request *request = closure;
    if (value == NULL)
        value = "";
    size_t name_size = strlen(name) + 1;
    size_t value_size = strlen(value) + 1;
    struct field_node *node = malloc(sizeof *node + name_size + value_size);
    if (node == NULL)
        return MHD_NO;
    memcpy(node->text, name, name_size);
    memcpy(node->text + name_size, value, value_size);
    node->field = (struct xr_httpd_field){
        .place = kind == MHD_HEADER_KIND ? XR_HTTPD_HEADER : XR_HTTPD_QUERY,
        .name = node->text,
        .value = node->text + name_size,
    };
    if (request->last_field != NULL)
        request->last_field->next = &node->field;
    else
        request->fields = &node->field;
    request->last_field = &node->field;
    return MHD_YES;
}

static enum MHD_Result take_body(struct xr_httpd_request *request, const char *bytes, size_t size)
{
    if (request->too_large || size > body_limit - request->length) {
        request->too_large = true;
        return MHD_YES;
    }
    char *body = realloc(request->body, request->length + size);
    if (body == NULL)
        return MHD_NO;
    memcpy(body + request->length, bytes, size);
    request->body = body;
    request->length += size;
    return MHD_YES;
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
        request = request_new(httpd, connection, method, path);
        *context = request;
        if (request == NULL)
            return MHD_NO;
        (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_field, request);
        (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, on_field, request);
        return MHD_YES;
    }
    if (*size > 0) {
        enum MHD_Result result = take_body(request, bytes, *size);
        *size = 0;
        return result;
    }
    if (request->too_large)
        return refuse_body(connection);
    if (!request->whole) {
        request->whole = true;
        request->arrived = now();
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
        request_detach(*context);
    *context = NULL;
}

/* ---- the server ---- */

/* Lets libmicrohttpd do what can be done without waiting. */
static void drive(struct xr_httpd *httpd)
{
    for (size_t i = 0; i < httpd->count; i++)
        (void)MHD_run(httpd->daemons[i]);
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
                   settings->port, httpd->log[0] != '\0' ? httpd->log : strerror(errno));
    xr_httpd_close(httpd);
    return NULL;
}

uint16_t xr_httpd_port(const struct xr_httpd *httpd)
{
    return httpd->port;
}

/* ---- settling a request ---- */

/*
 * Wakes the connection, so that it is answered by request->response or closed. What the socket
 * takes goes out at once: the user need not come back to xr_httpd_next for a short answer. One run
 * resumes and one writes.
 */
static void settle(struct xr_httpd_request *request)
{
    struct xr_httpd *httpd = request->httpd;
    request->settled = true;
    MHD_resume_connection(request->connection);
    drive(httpd);
    drive(httpd);
}

static int client_of(const struct xr_httpd_request *request)
{
    return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

static const char *unanswerable(const struct xr_httpd_request *request)
{
    if (request->settled)
        return "the request has been answered already";
    if (request->connection == NULL)
        return "the connection is gone";
    return NULL;
}

/* A body that breaks off: MHD closes the connection when the reader reports an error. */
struct part {
    size_t length;
    char bytes[];
};

static ssize_t read_part(void *closure, uint64_t position, char *out, size_t size)
{
    const struct part *part = closure;
    if (position >= part->length)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = part->length - (size_t)position;
    size_t length = left < size ? left : size;
    memcpy(out, part->bytes + position, length);
    return (ssize_t)length;
}

static struct MHD_Response *response_part(const struct xr_httpd_reply *reply)
{
    struct part *part = malloc(sizeof *part + reply->send);
    if (part == NULL)
        return NULL;
    part->length = reply->send;
    if (reply->send > 0)
        memcpy(part->bytes, reply->body, reply->send);
    struct MHD_Response *response =
        MHD_create_response_from_callback(reply->length, 16384, read_part, part, free);
    if (response == NULL)
        free(part);
    return response;
}

const char *xr_httpd_request_answer(struct xr_httpd_request *request,
                                    const struct xr_httpd_reply *reply)
{
    const char *reason = unanswerable(request);
    if (reason != NULL)
        return reason;
    struct MHD_Response *response =
        reply->send < reply->length
            ? response_part(reply)
            : MHD_create_response_from_buffer(reply->length, (void *)reply->body,
                                              MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return "out of memory";
    for (const struct xr_httpd_field *field = reply->head; field != NULL; field = field->next) {
        if (MHD_add_response_header(response, field->name, field->value) != MHD_YES) {
            MHD_destroy_response(response);
            return "a header field that cannot be sent";
        }
    }
    request->response = response;
    request->status = reply->status;
    settle(request);
    return NULL;
}

const char *xr_httpd_request_raw(struct xr_httpd_request *request, const char *bytes, size_t length)
{
    const char *reason = unanswerable(request);
    if (reason != NULL)
        return reason;
    if (request->httpd->tls)
        return "raw bytes go over plain http only";
    ssize_t sent = send(client_of(request), bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    settle(request);
    return sent == (ssize_t)length ? NULL : "the client did not take all of it";
}

const char *xr_httpd_request_reset(struct xr_httpd_request *request)
{
    const char *reason = unanswerable(request);
    if (reason != NULL)
        return reason;
    /* connect(2), AF_UNSPEC: on Linux it aborts the connection by a RST, at once. */
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (connect(client_of(request), &none, sizeof none) != 0)
        reason = strerror(errno);
    settle(request);
    return reason;
}

void xr_httpd_request_release(struct xr_httpd_request *request)
{
    if (request == NULL)
        return;
    request->held = false;
    if (request->connection == NULL) {
        request_free(request);
        return;
    }
    if (request->settled)
        return;
    /* Nobody will answer: wait for the client to go, which libmicrohttpd does not look for while
     * the connection is suspended. Where that cannot be watched, it goes with the server. */
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = request};
    (void)epoll_ctl(request->httpd->watch, EPOLL_CTL_ADD, client_of(request), &event);
}

/* ---- waiting ---- */

static void drop_the_gone(struct xr_httpd *httpd)
{
    struct epoll_event events[16];
    int count = epoll_wait(httpd->watch, events, 16, 0);
    for (int i = 0; i < count; i++)
        settle(events[i].data.ptr);
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
    double deadline = seconds < 0 ? HUGE_VAL : now() + seconds;
    for (;;) {
        drive(httpd);
        struct xr_httpd_request *request = queue_pop(httpd);
        if (request != NULL)
            return request;
        double left = deadline - now();
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

/* ---- what was asked ---- */

const char *xr_httpd_request_method(const struct xr_httpd_request *request)
{
    return request->method;
}

const char *xr_httpd_request_path(const struct xr_httpd_request *request)
{
    return request->path;
}

const struct xr_httpd_field *xr_httpd_request_fields(const struct xr_httpd_request *request)
{
    return request->fields;
}

const char *xr_httpd_request_body(const struct xr_httpd_request *request, size_t *length)
{
    *length = request->length;
    return request->body != NULL ? request->body : "";
}

double xr_httpd_request_arrived(const struct xr_httpd_request *request)
{
    return request->arrived;
}
