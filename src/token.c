#include "token.h"

#include <stdlib.h>
#include <string.h>

#define HEADER "Authorization: Bearer "

struct xr_token {
    struct xr_secret *authorization; /* HEADER and the token's bytes */
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
    free(token->scope);
    free(token);
}
