/* The grants as requests; see oauth.h. */
#include "oauth.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_PATH "/connect/token"
#define REVOCATION_PATH "/connect/revocation"

/* More than twice the longest code that is registered. */
#define ERROR_CODE_MAX 64

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

/* A field of a form; one without a value is left out. */
struct field {
    const char *name;
    const char *value;
};

/* The encoded form. The names need no encoding. */
static struct xr_secret *make_form(const struct field *fields, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        if (fields[i].value)
            length += strlen(fields[i].name) + encoded_length(fields[i].value) + 2;
    char *form;
    struct xr_secret *secret = xr_secret_reserve(length - 1, &form);
    bool first = true;
    for (size_t i = 0; secret && i < count; i++) {
        if (!fields[i].value)
            continue;
        if (!first)
            *form++ = '&';
        form = stpcpy(form, fields[i].name);
        *form++ = '=';
        form = encode(form, fields[i].value);
        first = false;
    }
    return secret;
}

/*
 * Fills the request with a form of count fields for the client: one with a secret is known by HTTP
 * Basic, one without by the field client_id, which the caller put last with no value.
 */
static bool fill(struct xr_http_request *request, const char *path,
                 const struct xr_oauth_client *client, struct field *fields, size_t count)
{
    request->method = XR_HTTP_POST;
    request->fresh = true;
    request->confidential = true;
    (void)snprintf(request->path, sizeof request->path, "%s", path);
    if (client->secret)
        request->authorization = basic(client->id, xr_secret_bytes(client->secret));
    else
        fields[count - 1].value = client->id;
    request->body = make_form(fields, count);
    return request->body && (request->authorization || !client->secret);
}

bool xr_oauth_client_credentials(struct xr_http_request *request,
                                 const struct xr_oauth_client *client, const char *scope)
{
    struct field fields[] = {
        {"grant_type", "client_credentials"}, {"scope", scope}, {"client_id", NULL}};
    return fill(request, TOKEN_PATH, client, fields, sizeof fields / sizeof fields[0]);
}

bool xr_oauth_code(struct xr_http_request *request, const struct xr_oauth_client *client,
                   const struct xr_secret *code, const char *redirect_uri,
                   const struct xr_secret *verifier)
{
    struct field fields[] = {{"grant_type", "authorization_code"},
                             {"code", xr_secret_bytes(code)},
                             {"redirect_uri", redirect_uri},
                             {"code_verifier", verifier ? xr_secret_bytes(verifier) : NULL},
                             {"client_id", NULL}};
    return fill(request, TOKEN_PATH, client, fields, sizeof fields / sizeof fields[0]);
}

bool xr_oauth_refresh(struct xr_http_request *request, const struct xr_oauth_client *client,
                      const struct xr_secret *refresh)
{
    struct field fields[] = {{"grant_type", "refresh_token"},
                             {"refresh_token", xr_secret_bytes(refresh)},
                             {"client_id", NULL}};
    return fill(request, TOKEN_PATH, client, fields, sizeof fields / sizeof fields[0]);
}

bool xr_oauth_revoke(struct xr_http_request *request, const struct xr_oauth_client *client,
                     const struct xr_secret *refresh)
{
    struct field fields[] = {{"token", xr_secret_bytes(refresh)},
                             {"token_type_hint", "refresh_token"},
                             {"client_id", NULL}};
    request->revocation = true;
    return fill(request, REVOCATION_PATH, client, fields, sizeof fields / sizeof fields[0]);
}

bool xr_oauth_is_error_code(const char *text)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++)
        if (length == ERROR_CODE_MAX || text[length] < 0x20 || text[length] > 0x7E ||
            text[length] == '"' || text[length] == '\\')
            return false;
    return length > 0;
}
