/*
 * One request of the loopback server, from its first byte to its answer; see httpd.h and
 * httpd_internal.h.
 */
#include "httpd_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* What a request may carry; more is answered with 413 and never seen by anybody. */
static const size_t body_limit = (size_t)1024 * 1024;

struct field_node {
    struct xr_httpd_field field;
    char text[]; /* name NUL value NUL */
};

/* ---- collecting ---- */

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

struct xr_httpd_request *xr_httpd_request_new(struct xr_httpd *httpd, struct MHD_Connection *from,
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

static enum MHD_Result on_field(void *closure, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    struct xr_httpd_request *request = closure;
    if (value == NULL)
        value = "";
    size_t name_size = strlen(name) + 1;
    size_t value_size = strlen(value) + 1;
    struct field_node *node = malloc(sizeof *node + name_size + value_size);
    if (node == NULL) {
        request->incomplete = true;
        return MHD_NO;
    }
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

bool xr_httpd_request_collect(struct xr_httpd_request *request)
{
    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, on_field, request);
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, on_field, request);
    return !request->incomplete;
}

bool xr_httpd_request_append(struct xr_httpd_request *request, const char *bytes, size_t size)
{
    if (request->too_large || size > body_limit - request->length) {
        request->too_large = true;
        return true;
    }
    char *body = realloc(request->body, request->length + size);
    if (body == NULL)
        return false;
    memcpy(body + request->length, bytes, size);
    request->body = body;
    request->length += size;
    return true;
}

/* The connection is gone: what remains of the request is its user's, or nobody's. */
void xr_httpd_request_detach(struct xr_httpd_request *request)
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

/* ---- settling a request ---- */

/*
 * What the socket takes goes out at once: the user need not come back to xr_httpd_next for that.
 */
void xr_httpd_request_settle(struct xr_httpd_request *request)
{
    struct xr_httpd *httpd = request->httpd;
    request->settled = true;
    MHD_resume_connection(request->connection);
    xr_httpd_drive(httpd);
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
    xr_httpd_request_settle(request);
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
    xr_httpd_request_settle(request);
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
    xr_httpd_request_settle(request);
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
