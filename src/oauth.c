#include "oauth.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_PATH "/connect/token"

/* Whether application/x-www-form-urlencoded leaves a byte as it is (RFC 3986's unreserved ones). */
static bool stays(char byte)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    return memchr(unreserved, byte, sizeof unreserved - 1);
}

static size_t encoded_length(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += stays(*text) ? 1 : 3;
    return length;
}

/* Writes the encoding of text without a NUL; returns its end. */
static char *encode(char *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        if (stays(*text)) {
            *out++ = *text;
        } else {
            *out++ = '%';
            *out++ = digits[(unsigned char)*text >> 4];
            *out++ = digits[(unsigned char)*text & 15];
        }
    }
    return out;
}

/* "Authorization: Basic ..." of RFC 6749 section 2.3.1: both parts are form-encoded first. */
static struct xr_secret *basic(const char *client_id, const char *client_secret)
{
    static const char scheme[] = "Authorization: Basic ";
    char *plain, *line;
    size_t length = encoded_length(client_id) + 1 + encoded_length(client_secret);
    struct xr_secret *pair = xr_secret_reserve(length, &plain);
    struct xr_secret *header = xr_secret_reserve(sizeof scheme - 1 + (length + 2) / 3 * 4, &line);
    if (pair && header) {
        char *end = encode(plain, client_id);
        *end++ = ':';
        (void)encode(end, client_secret);
        line = stpcpy(line, scheme);
        (void)EVP_EncodeBlock((unsigned char *)line, (unsigned char *)plain, (int)length);
    } else {
        xr_secret_free(header);
        header = NULL;
    }
    xr_secret_free(pair);
    return header;
}

bool xr_oauth_client_credentials(struct xr_http_request *request, const char *client_id,
                                 const struct xr_secret *client_secret, const char *scope)
{
    static const char start[] = "grant_type=client_credentials&scope=";
    char *form;
    request->method = XR_HTTP_POST;
    request->fresh = true;
    request->confidential = true;
    (void)snprintf(request->path, sizeof request->path, "%s", TOKEN_PATH);
    request->authorization = basic(client_id, xr_secret_bytes(client_secret));
    request->form = xr_secret_reserve(sizeof start - 1 + encoded_length(scope), &form);
    if (!request->authorization || !request->form)
        return false;
    (void)encode(stpcpy(form, start), scope);
    return true;
}
