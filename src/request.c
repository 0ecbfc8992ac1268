/* Requests of a script's own; see request.h. */
#include "request.h"

#include <string.h>
#include <strings.h>

#define VALUE_MAX ((size_t)16 * 1024)

bool xr_request_method(const char *name, enum xr_http_method *method)
{
    static const struct {
        const char *name;
        enum xr_http_method method;
    } methods[] = {
        {"GET", XR_HTTP_GET}, {"HEAD", XR_HTTP_HEAD},   {"POST", XR_HTTP_POST},
        {"PUT", XR_HTTP_PUT}, {"PATCH", XR_HTTP_PATCH}, {"DELETE", XR_HTTP_DELETE},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcasecmp(name, methods[i].name) == 0) {
            *method = methods[i].method;
            return true;
        }
    }
    return false;
}

/* RFC 9110 section 9.3: elsewhere a body has no meaning that one could rely on. */
bool xr_request_takes_body(enum xr_http_method method)
{
    return method == XR_HTTP_POST || method == XR_HTTP_PUT || method == XR_HTTP_PATCH;
}

/* A token of RFC 9110 section 5.6.2. */
static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= 'A' && byte <= 'Z');
        if (!alphanumeric && (byte == '\0' || !strchr("!#$%&'*+-.^_`|~", byte)))
            return false;
    }
    return length > 0;
}

/* RFC 9110 section 5.5, but for the tab, which nobody needs; UTF-8 passes. */
static bool is_value(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            return false;
    return true;
}

static bool has_name(const struct xr_request_header *header, const char *const names[])
{
    for (size_t i = 0; names[i]; i++)
        if (strlen(names[i]) == header->name_length &&
            strncasecmp(names[i], header->name, header->name_length) == 0)
            return true;
    return false;
}

const char *xr_request_header_fault(const struct xr_request_header *header)
{
    /* Where a message ends, and which connection it travels on, libcurl says. */
    static const char *const engine[] = {
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Accept-Encoding",
        "Expect",
        "HTTP2-Settings",
        "Proxy-Connection",
        "Proxy-Authorization",
        NULL,
    };
    /* Servers that heed these would see a DELETE where a dry run let a POST pass. */
    static const char *const overrides[] = {"X-HTTP-Method", "X-HTTP-Method-Override",
                                            "X-Method-Override", NULL};
    if (!is_token(header->name, header->name_length))
        return "is no name of a header";
    if (has_name(header, engine))
        return "is set by xero-run itself";
    if (has_name(header, overrides))
        return "would make another method of it: name that method";
    if (!is_value(header->value, header->value_length))
        return "has control characters in its value";
    if (header->value_length > VALUE_MAX)
        return "is longer than 16 KiB";
    return NULL;
}

/* libcurl takes "Name:" for the wish to have no such header; "Name;" is one without a value. */
static char *write_line(char *at, const struct xr_request_header *header)
{
    at = mempcpy(at, header->name, header->name_length);
    if (header->value_length == 0)
        return stpcpy(at, ";") + 1;
    at = mempcpy(stpcpy(at, ": "), header->value, header->value_length);
    *at = '\0';
    return at + 1;
}

static size_t line_size(const struct xr_request_header *header)
{
    size_t value = header->value_length == 0 ? strlen(";") : strlen(": ") + header->value_length;
    return header->name_length + value + 1;
}

static struct xr_secret *make_lines(const struct xr_request_header *headers, size_t count)
{
    size_t length = 0;
    char *at;
    for (size_t i = 0; i < count; i++)
        length += line_size(&headers[i]);
    struct xr_secret *lines = xr_secret_reserve(length, &at);
    for (size_t i = 0; lines && i < count; i++)
        at = write_line(at, &headers[i]);
    return lines;
}

bool xr_request_fill(struct xr_http_request *request, const struct xr_request_header *headers,
                     size_t count, const char *body, size_t length)
{
    request->own = true;
    if (count > 0 && !(request->lines = make_lines(headers, count)))
        return false;
    if (length > 0 && !(request->body = xr_secret_new(body, length)))
        return false;
    return true;
}
