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
#include "memory.h"
#include "version.h"

/* A peer that acknowledges nothing for so long is gone. Without this, streams would go on being put
 * onto a dead HTTP/2 connection, since a time-out ends only the stream. */
#define PEER_GONE_MS 20000

#define BODY_FIRST ((size_t)16 * 1024)

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
    if (transfer->once && transfer->answer.sends > 0) {
        transfer->complaint = "it broke after the request was sent";
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->answer.sends++;
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

/* libcurl takes a first line like "HTTP/x.y what" for a status of 200. */
static bool is_status_line(const char *line, size_t length)
{
    return length > 5 && memcmp(line, "HTTP/", 5) == 0 && line[5] >= '1' && line[5] <= '9';
}

/* One header line, from the status line to the empty one, of interim answers too. */
static size_t on_header(char *bytes, size_t size, size_t length, void *user)
{
    struct xr_transfer *transfer = user;
    long status = 0;
    (void)size;
    if (length > XR_HTTP_HEADERS_MAX - transfer->header_bytes) {
        transfer->complaint = "its headers are larger than 64 KiB";
        return 0;
    }
    if (transfer->header_bytes == 0 && !is_status_line(bytes, length)) {
        transfer->complaint = "it does not begin as HTTP does";
        return 0;
    }
    transfer->header_bytes += length;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (length <= 2 && (bytes[0] == '\r' || bytes[0] == '\n') && status >= 200)
        transfer->headers_complete = true;
    return length;
}

/* Room for length more bytes of body. */
static bool reserve(struct xr_transfer *transfer, size_t length)
{
    struct xr_http_answer *answer = &transfer->answer;
    size_t needed = answer->body_length + length, capacity = transfer->body_capacity * 2;
    curl_off_t announced = -1;
    if (needed <= transfer->body_capacity)
        return true;
    if (capacity == 0) {
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        bool believable = announced > 0 && announced <= (curl_off_t)XR_HTTP_BODY_MAX;
        capacity = believable ? (size_t)announced : BODY_FIRST;
    }
    if (capacity < needed)
        capacity = needed;
    char *body = xr_memory_move(answer->body, answer->body_length, capacity);
    if (!body)
        return false;
    answer->body = body;
    transfer->body_capacity = capacity;
    return true;
}

/* Called after decompression, so that the limit holds for what a few bytes may unfold to. */
static size_t on_body(char *bytes, size_t size, size_t length, void *user)
{
    struct xr_transfer *transfer = user;
    struct xr_http_answer *answer = &transfer->answer;
    size_t most = answer->confidential ? XR_HTTP_CONFIDENTIAL_MAX : XR_HTTP_BODY_MAX;
    (void)size;
    if (length > most - answer->body_length) {
        transfer->complaint =
            answer->confidential ? "it is larger than 1 MiB" : "it is larger than 32 MiB";
        return 0;
    }
    if (!reserve(transfer, length)) {
        transfer->complaint = "memory is too short for it";
        return 0;
    }
    memcpy(answer->body + answer->body_length, bytes, length);
    answer->body_length += length;
    return length;
}

/* The file or the directory alone: with both, libcurl would parse its bundle for each connection.
 */
static CURLcode set_trust(CURL *easy, const struct xr_trust *trust)
{
    CURLcode code = CURLE_OK;
    if (trust->file || trust->directory) {
        code = curl_easy_setopt(easy, CURLOPT_CAINFO, trust->file);
        if (code == CURLE_OK)
            code = curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, trust->file);
    }
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CAPATH, trust->directory);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, trust->directory);
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

static bool set_constants(struct xr_transfer *transfer, const struct xr_trust *trust,
                          double connect_timeout)
{
    CURL *easy = transfer->easy;
    bool good = set_trust(easy, trust) == CURLE_OK;
    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->detail);
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
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    return good;
}

struct xr_transfer *xr_transfer_new(const struct xr_trust *trust, double connect_timeout)
{
    struct xr_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->easy = curl_easy_init();
    if (!transfer->easy || !set_constants(transfer, trust, connect_timeout)) {
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
    CURL *easy = transfer->easy;
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
    CURL *easy = transfer->easy;
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
    CURL *easy = transfer->easy;
    struct xr_http_answer *answer = &transfer->answer;
    char *whole = NULL;
    bool good = asprintf(&whole, "%s%s", url->base, request->path) >= 0;
    if (!good)
        return false;
    transfer->authorization = xr_secret_share(request->authorization);
    transfer->lines = xr_secret_share(request->lines);
    transfer->body = xr_secret_share(request->body);
    transfer->fresh = request->fresh;
    transfer->once = request->method != XR_HTTP_GET && request->method != XR_HTTP_HEAD;
    transfer->timeout = request->timeout;
    answer->confidential = request->confidential;
    answer->revocation = request->revocation;
    (void)snprintf(answer->host, sizeof answer->host, "%s", url->host);
    SET(CURLOPT_URL, whole);
    SET(CURLOPT_TIMEOUT_MS, whole_milliseconds(request->timeout));
    good = set_method(transfer, request) && set_route(transfer, url) && good;
    free(whole);
    answer->started = xr_clock_now();
    return good;
}

/* A handshake that was cut off is a matter of the network, though libcurl files it under TLS; the
 * text is all that tells them apart (OpenSSL's own complaints carry an error number instead). */
static bool cut_off(const char *detail)
{
    return strstr(detail, "SSL_connect: ") || strstr(detail, "unexpected eof");
}

/* CURLE_TOO_LARGE, for building with a libcurl before 8.6, too. */
#define TOO_LARGE ((CURLcode)100)

/* libcurl gives up a header line of 100 KB before on_header sees it; before 8.6 it calls that
 * memory. */
static bool is_line_too_long(CURLcode code, const struct xr_transfer *transfer)
{
    bool given_up = code == TOO_LARGE || code == CURLE_OUT_OF_MEMORY;
    return given_up && transfer->answer.sends > 0 && !transfer->headers_complete;
}

static enum xr_http_error classify(CURLcode code, const struct xr_transfer *transfer)
{
    if (is_line_too_long(code, transfer))
        return XR_HTTP_PROTOCOL;
    switch (code) {
    case CURLE_OK:
        /* A peer that closes inside the headers leaves libcurl content. */
        return transfer->headers_complete ? XR_HTTP_OK : XR_HTTP_NETWORK;
    case CURLE_SSL_CONNECT_ERROR:
        return cut_off(transfer->detail) ? XR_HTTP_NETWORK : XR_HTTP_TLS;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
        return XR_HTTP_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return XR_HTTP_TIMEOUT;
    case CURLE_WRITE_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
        return XR_HTTP_PROTOCOL;
    default:
        return XR_HTTP_NETWORK;
    }
}

/* libcurl's own words, where it had any, without a byte that could upset a terminal. */
static const char *explain(struct xr_transfer *transfer, CURLcode code)
{
    if (transfer->complaint)
        return transfer->complaint;
    if (code == CURLE_OK)
        return "it closed inside the headers";
    if (is_line_too_long(code, transfer))
        return "a header line is too long, or memory is too short for it";
    /* It goes on with the whole value of HTTPS_PROXY, which may hold a password. */
    if (strncmp(transfer->detail, "Unsupported proxy", strlen("Unsupported proxy")) == 0)
        return "the address of the proxy cannot be used";
    for (char *byte = transfer->detail; *byte; byte++)
        if (*byte < ' ' || *byte > '~')
            *byte = '?';
    return transfer->detail[0] ? transfer->detail : curl_easy_strerror(code);
}

static void describe(struct xr_transfer *transfer, CURLcode code)
{
    struct xr_http_answer *answer = &transfer->answer;
    const char *why = explain(transfer, code);
    char *text = answer->message;
    size_t size = sizeof answer->message;
    switch (answer->error) {
    case XR_HTTP_OK:
        break;
    case XR_HTTP_NETWORK:
        (void)snprintf(text, size, "%s %s: %s",
                       answer->sends ? "lost the connection to" : "cannot connect to", answer->host,
                       why);
        break;
    case XR_HTTP_TLS:
        (void)snprintf(text, size, "no secure connection to %s: %s", answer->host, why);
        break;
    case XR_HTTP_TIMEOUT:
        (void)snprintf(text, size, "%s %s within %.3g s",
                       answer->sends ? "no complete answer from" : "no connection to", answer->host,
                       answer->seconds);
        break;
    case XR_HTTP_PROTOCOL:
        (void)snprintf(text, size, "cannot use the answer of %s: %s", answer->host, why);
        break;
    }
}

static const char *version_name(long version)
{
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return "1.0";
    case CURL_HTTP_VERSION_1_1:
        return "1.1";
    case CURL_HTTP_VERSION_2_0:
        return "2";
    default:
        return NULL;
    }
}

void xr_transfer_finish(struct xr_transfer *transfer, CURLcode code)
{
    struct xr_http_answer *answer = &transfer->answer;
    long version = 0;
    curl_off_t microseconds = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
    answer->version = version_name(version);
    answer->seconds = (double)microseconds / 1e6;
    answer->error = classify(code, transfer);
    describe(transfer, code);
}

void xr_transfer_abandon(struct xr_transfer *transfer)
{
    struct xr_http_answer *answer = &transfer->answer;
    answer->error = XR_HTTP_NETWORK;
    (void)snprintf(answer->message, sizeof answer->message,
                   "lost the connection to %s: all connections had to be given up", answer->host);
    /* What libcurl had done when it broke is not known: a request may have left uncounted. */
    if (answer->sends == 0)
        answer->sends = 1;
}

void xr_transfer_clear(struct xr_transfer *transfer)
{
    struct xr_http_answer *answer = &transfer->answer;
    CURL *easy = transfer->easy;
    if (easy) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    }
    free(answer->body);
    xr_secret_free(transfer->authorization);
    xr_secret_free(transfer->lines);
    xr_secret_free(transfer->body);
    *transfer = (struct xr_transfer){.easy = easy};
}

void xr_transfer_free(struct xr_transfer *transfer)
{
    if (!transfer)
        return;
    xr_transfer_clear(transfer);
    curl_easy_cleanup(transfer->easy);
    free(transfer);
}
