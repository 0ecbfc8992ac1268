/* An access token; see token.h. */
#include "token.h"

#include <stdlib.h>
#include <string.h>

#define HEADER "Authorization: Bearer "

struct xr_token {
    struct xr_secret *authorization; /* HEADER and the token's bytes */
    struct xr_secret *refresh; /* NULL where none came */
    double obtained_at;
    double expires_at;
    char *scope;
};

bool xr_token_valid(const char *bytes, size_t length)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-._~+/=";
    if (length == 0 || length > XR_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!memchr(alphabet, bytes[i], sizeof alphabet - 1))
            return false;
    return true;
}

struct xr_token *xr_token_new(const char *bytes, size_t length, double obtained_at,
                              double expires_at, const char *scope)
{
    if (!xr_token_valid(bytes, length))
        return NULL;
    struct xr_token *token = calloc(1, sizeof *token);
    if (!token)
        return NULL;
    token->obtained_at = obtained_at;
    token->expires_at = expires_at;
    const char *line[] = {HEADER, bytes};
    token->authorization = xr_secret_join(line, 2);
    token->scope = scope ? strdup(scope) : NULL;
    if (!token->authorization || (scope && !token->scope)) {
        xr_token_free(token);
        return NULL;
    }
    return token;
}

struct xr_secret *xr_token_authorization(const struct xr_token *token)
{
    return token->authorization;
}

const char *xr_token_bytes(const struct xr_token *token)
{
    return xr_secret_bytes(token->authorization) + strlen(HEADER);
}

bool xr_token_keep_refresh(struct xr_token *token, const char *refresh)
{
    xr_secret_free(token->refresh);
    token->refresh = xr_secret_new(refresh, strlen(refresh));
    return token->refresh != NULL;
}

struct xr_secret *xr_token_refresh(const struct xr_token *token)
{
    return token->refresh;
}

/* The value of a digit of base64url (RFC 4648 section 5), or -1. */
static int base64url_value(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_";
    const char *found = memchr(digits, digit, sizeof digits - 1);
    return found ? (int)(found - digits) : -1;
}

/* Writes what length digits mean, length * 3 / 4 bytes; false when one is no digit. */
static bool base64url_decode(const char *digits, size_t length, char *out)
{
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < length; i++) {
        int value = base64url_value(digits[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *out++ = (char)(bits >> count & 0xff);
        }
    }
    return true;
}

struct xr_secret *xr_token_payload(const struct xr_token *token)
{
    const char *payload = strchr(xr_token_bytes(token), '.');
    const char *end = payload ? strchr(payload + 1, '.') : NULL;
    if (!end)
        return NULL;
    size_t length = (size_t)(end - ++payload);
    char *bytes;
    struct xr_secret *secret = xr_secret_reserve(length * 3 / 4, &bytes);
    if (secret && !base64url_decode(payload, length, bytes)) {
        xr_secret_free(secret);
        return NULL;
    }
    return secret;
}

double xr_token_obtained_at(const struct xr_token *token)
{
    return token->obtained_at;
}

double xr_token_expires_at(const struct xr_token *token)
{
    return token->expires_at;
}

const char *xr_token_scope(const struct xr_token *token)
{
    return token->scope;
}

void xr_token_free(struct xr_token *token)
{
    if (!token)
        return;
    xr_secret_free(token->authorization);
    xr_secret_free(token->refresh);
    free(token->scope);
    free(token);
}
