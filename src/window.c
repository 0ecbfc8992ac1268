/* A sliding window of disconnects; see window.h. */
#include "window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "identity.h"
#include "interrupt.h"

struct waiting {
    long long tag;
    char id[XR_UUID_LENGTH + 1];
};

struct xr_window {
    struct xr_http *http;
    unsigned long asker; /* what its requests are told by */
    char *url;
    double timeout;
    struct xr_secret *authorization; /* NULL while closed */
    size_t width, flying;
    struct waiting queue[XR_WINDOW_QUEUE]; /* a ring */
    size_t first, waiting;
    struct xr_window_deleted deleted[XR_WINDOW_BATCH]; /* another */
    size_t first_deleted, count_deleted;
};

struct xr_window *xr_window_new(struct xr_http *http, const char *url, double timeout)
{
    struct xr_window *window = calloc(1, sizeof *window);
    if (!window)
        return NULL;
    window->http = http;
    window->asker = xr_http_asker(http);
    window->timeout = timeout;
    window->url = strdup(url);
    if (window->url)
        return window;
    xr_window_free(window);
    return NULL;
}

bool xr_window_add(struct xr_window *window, long long tag, const char *connection_id)
{
    if (window->waiting == XR_WINDOW_QUEUE)
        return false;
    struct waiting *last = &window->queue[(window->first + window->waiting) % XR_WINDOW_QUEUE];
    last->tag = tag;
    (void)snprintf(last->id, sizeof last->id, "%s", connection_id);
    window->waiting++;
    return true;
}

static void drop_first(struct xr_window *window)
{
    window->first = (window->first + 1) % XR_WINDOW_QUEUE;
    window->waiting--;
}

static void close_window(struct xr_window *window)
{
    xr_secret_free(window->authorization);
    window->authorization = NULL;
}

void xr_window_open(struct xr_window *window, const struct xr_token *token, size_t width)
{
    close_window(window);
    window->authorization = xr_secret_share(xr_token_authorization(token));
    window->width = width;
}

/* Hands the first that waits to the pump. */
static enum xr_http_refusal launch(struct xr_window *window, const char **why)
{
    const struct waiting *next = &window->queue[window->first];
    struct xr_http_request request = {
        .base = window->url, .timeout = window->timeout, .asker = window->asker, .tag = next->tag};
    unsigned long id;
    xr_identity_delete(&request, window->authorization, next->id);
    enum xr_http_refusal refusal = xr_http_submit(window->http, &request, &id, why);
    xr_secret_free(request.authorization);
    return refusal;
}

/* Has go out whatever may. */
static enum xr_http_refusal fill(struct xr_window *window, const char **why)
{
    bool submitted = false;
    while (window->authorization && window->waiting > 0 && window->flying < window->width &&
           xr_interrupt_name() == NULL) {
        enum xr_http_refusal refusal = launch(window, why);
        if (refusal != XR_HTTP_ACCEPTED) {
            close_window(window);
            return refusal;
        }
        drop_first(window);
        window->flying++;
        submitted = true;
    }
    if (submitted)
        xr_http_send(window->http);
    return XR_HTTP_ACCEPTED;
}

/* Takes note of an answer that is as it should be, and releases it; false for any other. */
static bool note(struct xr_window *window, struct xr_http_answer *answer)
{
    struct xr_window_deleted *last =
        &window->deleted[(window->first_deleted + window->count_deleted) % XR_WINDOW_BATCH];
    if (answer->error != XR_HTTP_OK || answer->status != 204 || answer->sends != 1 ||
        !xr_identity_correlation_id(answer, last->correlation_id, sizeof last->correlation_id))
        return false;
    last->tag = answer->tag;
    window->count_deleted++;
    xr_http_release(window->http, answer);
    return true;
}

/* How long to wait for the next answer. */
static double patience(const struct xr_window *window, double deadline)
{
    double left = fmax(deadline - xr_clock_monotonic(), 0);
    return window->count_deleted > 0 ? fmin(left, XR_WINDOW_LULL) : left;
}

struct xr_http_answer *xr_window_wait(struct xr_window *window, double seconds, size_t batch,
                                      enum xr_http_refusal *refusal, const char **why)
{
    double deadline = seconds < 0 ? INFINITY : xr_clock_monotonic() + seconds;
    struct xr_http_answer *answer = NULL;
    for (;;) {
        /* What has come already may be a reason to send no more. */
        bool more = xr_http_ready(window->http, window->asker);
        *refusal = more ? XR_HTTP_ACCEPTED : fill(window, why);
        if (*refusal != XR_HTTP_ACCEPTED || window->flying == 0 ||
            (batch > 0 && window->count_deleted >= batch))
            return NULL;
        answer = xr_http_wait(window->http, window->asker, patience(window, deadline));
        if (!answer)
            return NULL;
        window->flying--;
        if (batch == 0 || !note(window, answer)) {
            close_window(window);
            return answer;
        }
    }
}

bool xr_window_next(struct xr_window *window, struct xr_window_deleted *deleted)
{
    if (window->count_deleted == 0)
        return false;
    *deleted = window->deleted[window->first_deleted];
    window->first_deleted = (window->first_deleted + 1) % XR_WINDOW_BATCH;
    window->count_deleted--;
    return true;
}

bool xr_window_recall(struct xr_window *window, long long *tag)
{
    close_window(window);
    if (window->waiting == 0)
        return false;
    *tag = window->queue[window->first].tag;
    drop_first(window);
    return true;
}

size_t xr_window_under_way(const struct xr_window *window)
{
    return window->flying;
}

void xr_window_free(struct xr_window *window)
{
    if (!window)
        return;
    close_window(window);
    free(window->url);
    free(window);
}
