/* A login as it is stored. See grant.h. */
#include "grant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "token.h"

#define CLIENT_ID_MAX 255
#define HOST_TAG_MAX 128
#define MOVED_TO_MAX 1024
#define URL_MAX 1024
#define REFRESH_MAX XR_TOKEN_MAX
#define SCOPE_MAX 4096

/* Generations are whole numbers that JSON's doubles hold exactly. */
#define GENERATION_MAX 9007199254740991.0

/* Beyond this a time is a mistake: the year 9999. */
#define TIME_MAX 253402300799.0

struct xr_grant {
    struct xr_grant_parts parts; /* its texts point into what follows */
    struct xr_secret *access;
    struct xr_secret *refresh;
    struct xr_secret *previous;
    char *client_id;
    char *host_tag;
    char *scope;
    char *moved_to;
    char *identity_url;
    char *api_url;
};

/* RFC 6749's VSCHAR: what client ids and refresh tokens consist of. Scopes too, with spaces. */
static bool is_visible(const char *text, size_t most)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++)
        if (length == most || text[length] < 0x20 || text[length] > 0x7E)
            return false;
    return length > 0;
}

bool xr_grant_is_refresh(const char *text)
{
    return is_visible(text, REFRESH_MAX);
}

bool xr_grant_is_scope(const char *text)
{
    return is_visible(text, SCOPE_MAX);
}

static bool is_time(double time)
{
    return isfinite(time) && time > 0 && time <= TIME_MAX;
}

static bool is_optional_time(double time)
{
    return time == 0 || is_time(time);
}

const char *xr_grant_find_fault(const struct xr_grant_parts *parts)
{
    if (!(parts->generation >= 1 && parts->generation <= GENERATION_MAX) ||
        floor(parts->generation) != parts->generation)
        return "generation is no whole number";
    if (!parts->client_id || !is_visible(parts->client_id, CLIENT_ID_MAX))
        return "client_id is not one";
    if (parts->host_tag && !is_visible(parts->host_tag, HOST_TAG_MAX))
        return "host_tag is not one";
    if (parts->scope && !xr_grant_is_scope(parts->scope))
        return "scope is not one";
    if (parts->moved_to && !is_visible(parts->moved_to, MOVED_TO_MAX))
        return "moved_to is not one";
    if (parts->identity_url && !is_visible(parts->identity_url, URL_MAX))
        return "identity_url is not one";
    if (parts->api_url && !is_visible(parts->api_url, URL_MAX))
        return "api_url is not one";
    if ((parts->identity_url != NULL) != (parts->api_url != NULL))
        return "identity_url and api_url belong together";
    if (!is_time(parts->obtained_at))
        return "obtained_at is no time";
    if (!is_time(parts->expires_at))
        return "expires_at is no time";
    if (!is_optional_time(parts->refresh_started_at))
        return "refresh_started_at is no time";
    if (!is_optional_time(parts->dead_since))
        return "dead_since is no time";
    if (!is_optional_time(parts->dead_checked_at))
        return "dead_checked_at is no time";
    if ((parts->dead_since > 0) != (parts->dead_checked_at > 0))
        return "dead_since and dead_checked_at belong together";
    if (!is_optional_time(parts->previous_at))
        return "previous_at is no time";
    if (!parts->access || !xr_token_valid(parts->access, strlen(parts->access)))
        return "access_token is not one";
    if (parts->refresh && !xr_grant_is_refresh(parts->refresh))
        return "refresh_token is not one";
    if (parts->previous && !xr_grant_is_refresh(parts->previous))
        return "previous_refresh_token is not one";
    if ((parts->previous != NULL) != (parts->previous_at > 0))
        return "previous_refresh_token and previous_at belong together";
    return NULL;
}

/* A copy of an optional text. False when memory is short. */
static bool copy_text(char **copy, const char *text)
{
    *copy = text ? strdup(text) : NULL;
    return *copy != NULL || text == NULL;
}

static bool copy_secret(struct xr_secret **copy, const char *bytes)
{
    *copy = bytes ? xr_secret_new(bytes, strlen(bytes)) : NULL;
    return *copy != NULL || bytes == NULL;
}

static const char *bytes_of(const struct xr_secret *secret)
{
    return secret ? xr_secret_bytes(secret) : NULL;
}

/* Makes the parts point at what the grant itself holds. */
static void adopt(struct xr_grant *grant)
{
    grant->parts.client_id = grant->client_id;
    grant->parts.host_tag = grant->host_tag;
    grant->parts.scope = grant->scope;
    grant->parts.moved_to = grant->moved_to;
    grant->parts.identity_url = grant->identity_url;
    grant->parts.api_url = grant->api_url;
    grant->parts.access = bytes_of(grant->access);
    grant->parts.refresh = bytes_of(grant->refresh);
    grant->parts.previous = bytes_of(grant->previous);
}

struct xr_grant *xr_grant_new(const struct xr_grant_parts *parts)
{
    struct xr_grant *grant = calloc(1, sizeof *grant);
    if (!grant)
        return NULL;
    grant->parts = *parts;
    bool good = copy_text(&grant->client_id, parts->client_id);
    good = copy_text(&grant->host_tag, parts->host_tag) && good;
    good = copy_text(&grant->scope, parts->scope) && good;
    good = copy_text(&grant->moved_to, parts->moved_to) && good;
    good = copy_text(&grant->identity_url, parts->identity_url) && good;
    good = copy_text(&grant->api_url, parts->api_url) && good;
    good = copy_secret(&grant->access, parts->access) && good;
    good = copy_secret(&grant->refresh, parts->refresh) && good;
    good = copy_secret(&grant->previous, parts->previous) && good;
    adopt(grant);
    if (good)
        return grant;
    xr_grant_free(grant);
    return NULL;
}

struct xr_grant_parts xr_grant_parts(const struct xr_grant *grant)
{
    return grant->parts;
}

struct xr_secret *xr_grant_refresh(const struct xr_grant *grant)
{
    return grant->refresh;
}

struct xr_secret *xr_grant_previous(const struct xr_grant *grant)
{
    return grant->previous;
}

struct xr_grant *xr_grant_rotate(const struct xr_grant *grant, const struct xr_grant_parts *parts,
                                 bool used_previous)
{
    const struct xr_grant_parts *old = &grant->parts;
    struct xr_grant_parts next = *old;
    next.generation = old->generation + 1;
    next.access = parts->access;
    next.obtained_at = parts->obtained_at;
    next.expires_at = parts->expires_at;
    if (parts->scope)
        next.scope = parts->scope;
    next.refresh_started_at = 0;
    next.dead_since = 0;
    next.dead_checked_at = 0;
    if (parts->refresh)
        next.refresh = parts->refresh;
    if (!used_previous && old->refresh && parts->refresh &&
        strcmp(old->refresh, parts->refresh) != 0) {
        next.previous = old->refresh;
        next.previous_at = parts->obtained_at;
    }
    return xr_grant_new(&next);
}

static bool same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

bool xr_grant_same_tokens(const struct xr_grant *one, const struct xr_grant *other)
{
    return same_text(one->parts.access, other->parts.access) &&
           same_text(one->parts.refresh, other->parts.refresh);
}

bool xr_grant_same(const struct xr_grant *one, const struct xr_grant *other)
{
    return one->parts.generation == other->parts.generation && xr_grant_same_tokens(one, other);
}

void xr_grant_free(struct xr_grant *grant)
{
    if (!grant)
        return;
    xr_secret_free(grant->access);
    xr_secret_free(grant->refresh);
    xr_secret_free(grant->previous);
    free(grant->client_id);
    free(grant->host_tag);
    free(grant->scope);
    free(grant->moved_to);
    free(grant->identity_url);
    free(grant->api_url);
    free(grant);
}
