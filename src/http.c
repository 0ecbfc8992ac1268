/* The pump: which requests are under way, done and to be used again; see http.h. */
#include "http.h"

#include <curl/curl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "loop.h"
#include "transfer.h"
#include "url.h"

#define SPARE_TRANSFERS 32

struct xr_http {
    struct xr_loop loop;
    const bool *dry_run;
    double connect_timeout;
    struct xr_authorities authorities;
    struct xr_url_base base;
    unsigned long last_id, last_asker;
    size_t in_flight; /* flying and done */
    struct xr_transfer *flying;
    struct xr_transfer *done;
    struct xr_transfer **done_end;
    struct xr_transfer *spare;
    size_t spares;
};

struct xr_http *xr_http_new(const struct xr_http_options *options)
{
    struct xr_http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    /* libcurl does not ask whether OpenSSL is ready. It counts its users, so each pump begins and
     * ends it. */
    if (!xr_crypto_ready() || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return NULL;
    }
    http->dry_run = options->dry_run;
    http->connect_timeout = options->connect_timeout;
    http->done_end = &http->done;
    if (!xr_loop_open(&http->loop, options->interrupt_fd) ||
        !xr_authorities_choose(&http->authorities) || !xr_loop_prepare(&http->loop)) {
        xr_http_free(http);
        return NULL;
    }
    return http;
}

/* A header line or a path must be one line of printable ASCII. */
static bool is_clean(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

static const char *find_fault(const struct xr_http_request *request)
{
    size_t length = strnlen(request->path, sizeof request->path);
    char first = request->own ? '\0' : '/';
    if (length == sizeof request->path || request->path[0] != first ||
        !is_clean(request->path, length) || strchr(request->path, ' '))
        return "has an unfit path";
    if (request->authorization && !is_clean(xr_secret_bytes(request->authorization),
                                            xr_secret_length(request->authorization)))
        return "would carry a header with control characters";
    return NULL;
}

/* A transfer from the spare ones, or a new one; NULL when memory is short. */
static struct xr_transfer *take_transfer(struct xr_http *http)
{
    struct xr_transfer *transfer = http->spare;
    if (!transfer)
        return xr_transfer_new(&http->authorities, http->connect_timeout);
    http->spare = transfer->next;
    http->spares--;
    transfer->next = NULL;
    return transfer;
}

/* Those that may have carried secrets in a body are not kept: libcurl's buffers go with the handle.
 */
static void give_back(struct xr_http *http, struct xr_transfer *transfer)
{
    if (transfer->fresh || transfer->body || http->spares >= SPARE_TRANSFERS) {
        xr_transfer_free(transfer);
        return;
    }
    xr_transfer_clear(transfer);
    transfer->next = http->spare;
    http->spare = transfer;
    http->spares++;
}

/* Takes a transfer out of the flying ones, and out of libcurl's hands. */
static void land(struct xr_http *http, struct xr_transfer *transfer)
{
    struct xr_transfer **link = &http->flying;
    while (*link && *link != transfer)
        link = &(*link)->next;
    if (*link) /* it always is one of them */
        *link = transfer->next;
    transfer->next = NULL;
    (void)curl_multi_remove_handle(http->loop.multi, transfer->in.easy);
}

static void put_done(struct xr_http *http, struct xr_transfer *transfer)
{
    *http->done_end = transfer;
    http->done_end = &transfer->next;
}

/* Moves what libcurl has finished to the done ones. */
static void collect(struct xr_http *http)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(http->loop.multi, &left));) {
        struct xr_transfer *transfer = NULL;
        CURLcode code = message->data.result; /* the message dies with land() */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        land(http, transfer);
        xr_incoming_end(&transfer->in, code);
        put_done(http, transfer);
    }
}

/* A multi handle that failed is of no more use: what is in flight is lost, the next one is new. */
static void give_up(struct xr_http *http)
{
    collect(http);
    while (http->flying) {
        struct xr_transfer *transfer = http->flying;
        land(http, transfer);
        xr_incoming_abandon(&transfer->in);
        put_done(http, transfer);
    }
    xr_loop_drop(&http->loop);
}

static bool launch(struct xr_http *http, const struct xr_http_request *request,
                   const struct xr_url *url, unsigned long *id)
{
    struct xr_transfer *transfer = xr_loop_prepare(&http->loop) ? take_transfer(http) : NULL;
    if (!transfer)
        return false;
    if (!xr_transfer_prepare(transfer, request, url)) {
        xr_transfer_free(transfer);
        return false;
    }
    if (curl_multi_add_handle(http->loop.multi, transfer->in.easy) != CURLM_OK) {
        xr_transfer_free(transfer);
        give_up(http);
        return false;
    }
    transfer->in.answer.id = *id = ++http->last_id;
    transfer->next = http->flying;
    http->flying = transfer;
    http->in_flight++;
    return true;
}

enum xr_http_refusal xr_http_submit(struct xr_http *http, const struct xr_http_request *request,
                                    unsigned long *id, const char **why)
{
    struct xr_url whole = {.base = NULL};
    const struct xr_url *url = request->own ? &whole : &http->base.url;
    *why = request->own ? xr_url_parse(&whole, request->base, XR_URL_WHOLE)
                        : xr_url_recall(&http->base, request->base);
    if (!*why)
        *why = find_fault(request);
    enum xr_http_refusal refusal = XR_HTTP_ACCEPTED;
    if (*why)
        refusal = XR_HTTP_UNFIT;
    else if (*http->dry_run && (request->method == XR_HTTP_DELETE || request->revocation))
        refusal = XR_HTTP_DRY_RUN;
    else if (!launch(http, request, url, id))
        refusal = XR_HTTP_NO_MEMORY;
    free(whole.base);
    return refusal;
}

static void settle(struct xr_http *http)
{
    if (http->loop.broken)
        give_up(http);
    else
        collect(http);
}

/* Takes a transfer out of the done ones, by the link that leads to it. */
static struct xr_transfer *unlink_done(struct xr_http *http, struct xr_transfer **link)
{
    struct xr_transfer *transfer = *link;
    *link = transfer->next;
    if (!*link)
        http->done_end = link;
    transfer->next = NULL;
    http->in_flight--;
    return transfer;
}

/* The link that leads to the first done one of this asker, or to none. */
static struct xr_transfer **find_done(struct xr_http *http, unsigned long asker)
{
    struct xr_transfer **link = &http->done;
    while (*link && (*link)->in.answer.asker != asker)
        link = &(*link)->next;
    return link;
}

static struct xr_http_answer *take_done(struct xr_http *http, unsigned long asker)
{
    struct xr_transfer **link = find_done(http, asker);
    return *link ? &unlink_done(http, link)->in.answer : NULL;
}

unsigned long xr_http_asker(struct xr_http *http)
{
    return ++http->last_asker;
}

bool xr_http_ready(struct xr_http *http, unsigned long asker)
{
    return *find_done(http, asker) != NULL;
}

void xr_http_send(struct xr_http *http)
{
    xr_loop_ring(&http->loop);
    settle(http);
}

struct xr_http_answer *xr_http_wait(struct xr_http *http, unsigned long asker, double seconds)
{
    double deadline = seconds < 0 ? INFINITY : xr_clock_monotonic() + seconds;
    for (bool over = false;; over = xr_clock_monotonic() >= deadline) {
        struct xr_http_answer *answer = take_done(http, asker);
        if (answer || http->in_flight == 0 || over)
            return answer;
        bool uninterrupted = xr_loop_drive(&http->loop, deadline);
        settle(http);
        if (!uninterrupted)
            return NULL;
    }
}

bool xr_http_next_header(struct xr_http_answer *answer, void **cursor, const char **name,
                         const char **value)
{
    struct xr_transfer *transfer = (struct xr_transfer *)answer;
    struct curl_header *header =
        curl_easy_nextheader(transfer->in.easy, CURLH_HEADER, -1, (struct curl_header *)*cursor);
    *cursor = header;
    if (!header)
        return false;
    *name = header->name;
    *value = header->value;
    return true;
}

const char *xr_http_header(struct xr_http_answer *answer, const char *name, size_t *count)
{
    struct xr_transfer *transfer = (struct xr_transfer *)answer;
    struct curl_header *header;
    *count = 0;
    if (curl_easy_header(transfer->in.easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    *count = header->amount;
    return header->value;
}

void xr_http_release(struct xr_http *http, struct xr_http_answer *answer)
{
    if (answer)
        give_back(http, (struct xr_transfer *)answer);
}

size_t xr_http_in_flight(const struct xr_http *http)
{
    return http->in_flight;
}

bool xr_http_cancel(struct xr_http *http, unsigned long id)
{
    struct xr_transfer *transfer = http->flying;
    while (transfer && transfer->in.answer.id != id)
        transfer = transfer->next;
    if (transfer) {
        land(http, transfer);
        http->in_flight--;
    } else {
        struct xr_transfer **link = &http->done;
        while (*link && (*link)->in.answer.id != id)
            link = &(*link)->next;
        if (!*link)
            return false;
        transfer = unlink_done(http, link);
    }
    give_back(http, transfer);
    return true;
}

static void free_list(struct xr_transfer *list)
{
    while (list) {
        struct xr_transfer *next = list->next;
        xr_transfer_free(list);
        list = next;
    }
}

void xr_http_free(struct xr_http *http)
{
    if (!http)
        return;
    while (http->flying) {
        struct xr_transfer *transfer = http->flying;
        land(http, transfer);
        xr_transfer_free(transfer);
    }
    free_list(http->done);
    free_list(http->spare);
    xr_loop_close(&http->loop);
    xr_authorities_clear(&http->authorities);
    xr_url_forget(&http->base);
    free(http);
    curl_global_cleanup();
}
