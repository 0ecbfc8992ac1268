/* One request on its way; see transfer.h. */
#include "transfer.h"

#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "version.h"

/* A peer that acknowledges nothing for so long is gone. Without this, streams would go on being put
 * onto a dead HTTP/2 connection, since a time-out ends only the stream. */
#define PEER_GONE_MS 20000

/* libcurl calls this right before each sending, also when it repeats a request by itself because a
 * used connection had died: so 0 calls mean that the request surely was not sent. A DELETE may have
 * been carried out, and its tenant connected anew, before the connection died: whether it goes out
 * again is for those to decide who can ask for the list first. Of what else changes something the
 * same is true. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the parameters are libcurl's. */
static int on_send(void *user, char *peer, char *local, int peer_port, int local_port)
{
    struct xr_transfer *transfer = user;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    if (transfer->once && transfer->in.answer.sends > 0) {
        transfer->in.complaint = "it broke after the request was sent";
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->in.answer.sends++;
    return CURL_PREREQFUNC_OK;
}

static int on_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    unsigned int patience = PEER_GONE_MS;
    (void)user, (void)purpose;
    /* A program that a script starts has no part in our connections. */
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return CURL_SOCKOPT_ERROR;
    /* A bonus: without it only the time-outs are left. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    return CURL_SOCKOPT_OK;
}

/*
 * libcurl lets OpenSSL give its buffers back after each record. Each is 16 KB that our free wipes,
 * which takes longer than the record does; so they are kept until the connection ends.
 */
static CURLcode on_tls(CURL *easy, void *context, void *user)
{
    (void)easy, (void)user;
    (void)SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return CURLE_OK;
}

/* The file or the directory alone: with both, libcurl would parse its bundle for each connection.
 */
static CURLcode set_authorities(CURL *easy, const struct xr_authorities *authorities)
{
    CURLcode code = CURLE_OK;
    if (authorities->file || authorities->directory) {
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, authorities->file);
        if (code == CURLE_OK)
            code = curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, authorities->file);
    }
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CAPATH, authorities->directory);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, authorities->directory);
    return code;
}

/* libcurl takes 0 for no limit at all, so what is shorter than its unit is rounded up. */
static long whole_milliseconds(double seconds)
{
    return (long)ceil(seconds * 1000);
}

/* Sets an option and remembers whether any one failed. */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
            good = false;                                                                          \
    } while (0)

static bool set_constants(struct xr_transfer *transfer, const struct xr_authorities *authorities,
                          double connect_timeout)
{
    CURL *easy = transfer->in.easy;
    bool good =
        set_authorities(easy, authorities) == CURLE_OK && xr_incoming_receive(&transfer->in);
    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_USERAGENT, "xero-run/" XR_VERSION);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, whole_milliseconds(connect_timeout));
    SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
    SET(CURLOPT_PREREQFUNCTION, on_send);
    SET(CURLOPT_PREREQDATA, transfer);
    return good;
}

struct xr_transfer *xr_transfer_new(const struct xr_authorities *authorities,
                                    double connect_timeout)
{
    struct xr_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->in.easy = curl_easy_init();
    if (!transfer->in.easy || !set_constants(transfer, authorities, connect_timeout)) {
        xr_transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

/* Puts the lines of a secret into nodes from the given one on; gives the next free one. */
static struct curl_slist *put_lines(struct curl_slist *node, const struct xr_secret *lines)
{
    size_t length = lines ? xr_secret_length(lines) : 0;
    for (size_t at = 0; at < length; node++) {
        const char *line = xr_secret_bytes(lines) + at;
        *node = (struct curl_slist){.data = (char *)line};
        at += strlen(line) + 1;
    }
    return node;
}

/*
 * The headers as a list of nodes inside the transfer. A name without a value takes away what
 * libcurl would send by itself: a script's own request carries what the script says, and waits for
 * no leave to send its body.
 */
static struct curl_slist *list_headers(struct xr_transfer *transfer,
                                       const struct xr_http_request *request)
{
    struct curl_slist *node = put_lines(transfer->headers, transfer->lines);
    if (transfer->authorization)
        *node++ = (struct curl_slist){.data = (char *)xr_secret_bytes(transfer->authorization)};
    if (request->own) {
        *node++ = (struct curl_slist){.data = (char *)"Content-Type:"};
        *node++ = (struct curl_slist){.data = (char *)"Expect:"};
    } else {
        bool deletes = request->method == XR_HTTP_DELETE;
        *node++ =
            (struct curl_slist){.data = (char *)(deletes ? "Accept:" : "Accept: application/json")};
    }
    for (struct curl_slist *each = transfer->headers; each + 1 < node; each++)
        each->next = each + 1;
    return transfer->headers;
}

static bool set_method(struct xr_transfer *transfer, const struct xr_http_request *request)
{
    /* What libcurl's own GET, HEAD and POST have to be called; each sets back what another set. */
    static const char *const names[] = {
        [XR_HTTP_GET] = NULL,  [XR_HTTP_HEAD] = NULL,     [XR_HTTP_POST] = NULL,
        [XR_HTTP_PUT] = "PUT", [XR_HTTP_PATCH] = "PATCH", [XR_HTTP_DELETE] = "DELETE",
    };
    CURL *easy = transfer->in.easy;
    const struct xr_secret *body = transfer->body;
    bool good = true;
    switch (request->method) {
    case XR_HTTP_POST:
    case XR_HTTP_PUT:
    case XR_HTTP_PATCH:
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, body ? xr_secret_bytes(body) : "");
        SET(CURLOPT_POSTFIELDSIZE, (long)(body ? xr_secret_length(body) : 0));
        break;
    case XR_HTTP_GET:
    case XR_HTTP_DELETE:
        SET(CURLOPT_HTTPGET, 1L);
        break;
    case XR_HTTP_HEAD:
        SET(CURLOPT_NOBODY, 1L);
        break;
    }
    SET(CURLOPT_CUSTOMREQUEST, names[request->method]);
    SET(CURLOPT_ACCEPT_ENCODING, request->own || request->method == XR_HTTP_GET ? "gzip" : NULL);
    SET(CURLOPT_HTTPHEADER, list_headers(transfer, request));
    return good;
}

/*
 * Over TLS: HTTP/2 where offered, and while a first connection is being made the others wait to
 * learn whether they may share it. Who wants a connection alone gains nothing by HTTP/2, and would
 * leave copies of its header lines in memory that nghttp2 does not wipe. In clear text there is
 * nothing to learn before the first answer, so nobody waits. A proxy has no business between this
 * machine and itself.
 */
static bool set_route(struct xr_transfer *transfer, const struct xr_url *url)
{
    CURL *easy = transfer->in.easy;
    bool good = true;
    bool shares = url->secure && !transfer->fresh;
    SET(CURLOPT_HTTP_VERSION, (long)(shares ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    SET(CURLOPT_PIPEWAIT, shares ? 1L : 0L);
    SET(CURLOPT_PROXY, url->loopback ? "" : NULL);
    SET(CURLOPT_FRESH_CONNECT, transfer->fresh ? 1L : 0L);
    SET(CURLOPT_FORBID_REUSE, transfer->fresh ? 1L : 0L);
    return good;
}

bool xr_transfer_prepare(struct xr_transfer *transfer, const struct xr_http_request *request,
                         const struct xr_url *url)
{
    CURL *easy = transfer->in.easy;
    struct xr_http_answer *answer = &transfer->in.answer;
    char *whole = NULL;
    bool good = asprintf(&whole, "%s%s", url->base, request->path) >= 0;
    if (!good)
        return false;
    transfer->authorization = xr_secret_share(request->authorization);
    transfer->lines = xr_secret_share(request->lines);
    transfer->body = xr_secret_share(request->body);
    transfer->fresh = request->fresh;
    transfer->once = request->method != XR_HTTP_GET && request->method != XR_HTTP_HEAD;
    answer->confidential = request->confidential;
    answer->revocation = request->revocation;
    answer->asker = request->asker;
    answer->tag = request->tag;
    (void)snprintf(answer->host, sizeof answer->host, "%s", url->host);
    SET(CURLOPT_URL, whole);
    SET(CURLOPT_TIMEOUT_MS, whole_milliseconds(request->timeout));
    good = set_method(transfer, request) && set_route(transfer, url) && good;
    free(whole);
    answer->started = xr_clock_now();
    return good;
}

void xr_transfer_clear(struct xr_transfer *transfer)
{
    struct xr_http_answer *answer = &transfer->in.answer;
    CURL *easy = transfer->in.easy;
    if (easy) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    }
    free(answer->body);
    xr_secret_free(transfer->authorization);
    xr_secret_free(transfer->lines);
    xr_secret_free(transfer->body);
    *transfer = (struct xr_transfer){.in = {.easy = easy}};
}

void xr_transfer_free(struct xr_transfer *transfer)
{
    if (!transfer)
        return;
    xr_transfer_clear(transfer);
    curl_easy_cleanup(transfer->in.easy);
    free(transfer);
}
