/* URLs as users give them; see url.h. */
#include "url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes that no URL has a use for: blanks, controls, what starts a fragment, which no server is
 * told, and what is read as "/" by some; and those that this form of it has none for. */
static bool clean(const char *text, const char *unused)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("#\\", *text) || strchr(unused, *text))
            return false;
    return true;
}

/* Whether the character stands before the path, where it means something else than in it. */
static bool has_before_path(const char *text, char character)
{
    const char *authority = strstr(text, "://") + strlen("://");
    return memchr(authority, character, strcspn(authority, "/?")) != NULL;
}

/* libcurl has normalised the host: 127.1 and 0x7f000001 come as 127.0.0.1, IPv6 in brackets. */
static bool is_loopback(const char *host)
{
    struct in_addr four;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

static void strip_slashes(char *text)
{
    for (size_t length = strlen(text); length > 0 && text[length - 1] == '/'; length--)
        text[length - 1] = '\0';
}

/* Fills url from the parsed parts; false when memory is short. */
static bool take_parts(struct xr_url *url, CURLU *parts, enum xr_url_form form)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *whole = NULL;
    bool good = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_URL, &whole, 0) == CURLUE_OK;
    if (good) {
        CURLUcode ported = curl_url_get(parts, CURLUPART_PORT, &port, 0);
        url->secure = strcmp(scheme, "https") == 0;
        url->loopback = is_loopback(host);
        (void)snprintf(url->host, sizeof url->host, "%s%s%s", host, port ? ":" : "",
                       port ? port : "");
        if (form == XR_URL_BASE)
            strip_slashes(whole);
        url->base = strdup(whole);
        good = url->base && (ported == CURLUE_OK || ported == CURLUE_NO_PORT);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(whole);
    return good;
}

/* What follows the scheme; NULL where that is another one. */
static const char *after_scheme(const char *text)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return text + strlen(schemes[i]);
    return NULL;
}

const char *xr_url_parse(struct xr_url *url, const char *text, enum xr_url_form form)
{
    *url = (struct xr_url){.base = NULL};
    if (!clean(text, form == XR_URL_BASE ? "@?" : ""))
        return form == XR_URL_BASE
                   ? "has a user, a query, a fragment, or a byte that does not belong into a URL"
                   : "has a fragment, or a byte that does not belong into a URL";
    const char *rest = after_scheme(text);
    if (!rest)
        return "does not begin with https://";
    if (*rest == '/') /* libcurl would overlook the slash too many */
        return "has no host";
    if (has_before_path(text, '@'))
        return "has a user in it";
    if (has_before_path(text, '%')) /* libcurl would decode it, to any byte */
        return "has a host with a percent sign in it";
    CURLU *parts = curl_url();
    const char *wrong = NULL;
    if (!parts)
        return "cannot be checked: memory is short";
    if (curl_url_set(parts, CURLUPART_URL, text, 0) != CURLUE_OK)
        wrong = "is not a URL";
    else if (!take_parts(url, parts, form))
        wrong = "cannot be checked: memory is short";
    else if (!url->secure && !url->loopback)
        wrong = "is not https, and its host is not this machine";
    curl_url_cleanup(parts);
    if (wrong) {
        free(url->base);
        url->base = NULL;
    }
    return wrong;
}

void xr_url_forget(struct xr_url_base *base)
{
    free(base->text);
    free(base->url.base);
    *base = (struct xr_url_base){.text = NULL};
}

const char *xr_url_recall(struct xr_url_base *base, const char *text)
{
    if (base->text && strcmp(base->text, text) == 0)
        return NULL;
    xr_url_forget(base);
    const char *wrong = xr_url_parse(&base->url, text, XR_URL_BASE);
    base->text = wrong ? NULL : strdup(text); /* without memory for it: parsed anew */
    return wrong;
}
