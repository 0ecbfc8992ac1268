/* The answer to one request while it comes in; see incoming.h. */
#include "incoming.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"

#define BODY_FIRST ((size_t)16 * 1024)

/* libcurl takes a first line like "HTTP/x.y what" for a status of 200. */
static bool is_status_line(const char *line, size_t length)
{
    return length > 5 && memcmp(line, "HTTP/", 5) == 0 && line[5] >= '1' && line[5] <= '9';
}

/* One header line, from the status line to the empty one, of interim answers too. */
static size_t on_header(char *bytes, size_t size, size_t length, void *user)
{
    struct xr_incoming *in = user;
    long status = 0;
    (void)size;
    if (length > XR_HTTP_HEADERS_MAX - in->header_bytes) {
        in->complaint = "its headers are larger than 64 KiB";
        return 0;
    }
    if (in->header_bytes == 0 && !is_status_line(bytes, length)) {
        in->complaint = "it does not begin as HTTP does";
        return 0;
    }
    in->header_bytes += length;
    (void)curl_easy_getinfo(in->easy, CURLINFO_RESPONSE_CODE, &status);
    if (length <= 2 && (bytes[0] == '\r' || bytes[0] == '\n') && status >= 200)
        in->headers_complete = true;
    return length;
}

/* Room for length more bytes of body. */
static bool reserve(struct xr_incoming *in, size_t length)
{
    struct xr_http_answer *answer = &in->answer;
    size_t needed = answer->body_length + length, capacity = in->body_capacity * 2;
    curl_off_t announced = -1;
    if (needed <= in->body_capacity)
        return true;
    if (capacity == 0) {
        (void)curl_easy_getinfo(in->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        bool believable = announced > 0 && announced <= (curl_off_t)XR_HTTP_BODY_MAX;
        capacity = believable ? (size_t)announced : BODY_FIRST;
    }
    if (capacity < needed)
        capacity = needed;
    char *body = xr_memory_move(answer->body, answer->body_length, capacity);
    if (!body)
        return false;
    answer->body = body;
    in->body_capacity = capacity;
    return true;
}

/* Called after decompression, so that the limit holds for what a few bytes may unfold to. */
static size_t on_body(char *bytes, size_t size, size_t length, void *user)
{
    struct xr_incoming *in = user;
    struct xr_http_answer *answer = &in->answer;
    size_t most = answer->confidential ? XR_HTTP_CONFIDENTIAL_MAX : XR_HTTP_BODY_MAX;
    (void)size;
    if (length > most - answer->body_length) {
        in->complaint =
            answer->confidential ? "it is larger than 1 MiB" : "it is larger than 32 MiB";
        return 0;
    }
    if (!reserve(in, length)) {
        in->complaint = "memory is too short for it";
        return 0;
    }
    memcpy(answer->body + answer->body_length, bytes, length);
    answer->body_length += length;
    return length;
}

bool xr_incoming_receive(struct xr_incoming *in)
{
    return curl_easy_setopt(in->easy, CURLOPT_ERRORBUFFER, in->detail) == CURLE_OK &&
           curl_easy_setopt(in->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(in->easy, CURLOPT_HEADERDATA, in) == CURLE_OK &&
           curl_easy_setopt(in->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(in->easy, CURLOPT_WRITEDATA, in) == CURLE_OK;
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
static bool is_line_too_long(CURLcode code, const struct xr_incoming *in)
{
    bool given_up = code == TOO_LARGE || code == CURLE_OUT_OF_MEMORY;
    return given_up && in->answer.sends > 0 && !in->headers_complete;
}

static enum xr_http_error classify(CURLcode code, const struct xr_incoming *in)
{
    if (is_line_too_long(code, in))
        return XR_HTTP_PROTOCOL;
    switch (code) {
    case CURLE_OK:
        /* A peer that closes inside the headers leaves libcurl content. */
        return in->headers_complete ? XR_HTTP_OK : XR_HTTP_NETWORK;
    case CURLE_SSL_CONNECT_ERROR:
        return cut_off(in->detail) ? XR_HTTP_NETWORK : XR_HTTP_TLS;
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
static const char *explain(struct xr_incoming *in, CURLcode code)
{
    if (in->complaint)
        return in->complaint;
    if (code == CURLE_OK)
        return "it closed inside the headers";
    if (is_line_too_long(code, in))
        return "a header line is too long, or memory is too short for it";
    /* It goes on with the whole value of HTTPS_PROXY, which may hold a password. */
    if (strncmp(in->detail, "Unsupported proxy", strlen("Unsupported proxy")) == 0)
        return "the address of the proxy cannot be used";
    for (char *byte = in->detail; *byte; byte++)
        if (*byte < ' ' || *byte > '~')
            *byte = '?';
    return in->detail[0] ? in->detail : curl_easy_strerror(code);
}

static void describe(struct xr_incoming *in, CURLcode code)
{
    struct xr_http_answer *answer = &in->answer;
    const char *why = explain(in, code);
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

void xr_incoming_end(struct xr_incoming *in, CURLcode code)
{
    struct xr_http_answer *answer = &in->answer;
    long version = 0;
    curl_off_t microseconds = 0;
    (void)curl_easy_getinfo(in->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    (void)curl_easy_getinfo(in->easy, CURLINFO_HTTP_VERSION, &version);
    (void)curl_easy_getinfo(in->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
    answer->version = version_name(version);
    answer->seconds = (double)microseconds / 1e6;
    answer->error = classify(code, in);
    describe(in, code);
}

void xr_incoming_abandon(struct xr_incoming *in)
{
    struct xr_http_answer *answer = &in->answer;
    answer->error = XR_HTTP_NETWORK;
    (void)snprintf(answer->message, sizeof answer->message,
                   "lost the connection to %s: all connections had to be given up", answer->host);
    /* What libcurl had done when it broke is not known: a request may have left uncounted. */
    if (answer->sends == 0)
        answer->sends = 1;
}
