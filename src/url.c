/* Base URLs of services; see url.h. */
#include "url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes that a base URL has no use for: blanks, controls, and whatever starts a user, a query or a
 * fragment, or is read as "/" by some. */
static bool clean(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("@?#\\", *text))
            return false;
    return true;
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
static bool take_parts(struct xr_url *url, CURLU *parts)
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

const char *xr_url_parse(struct xr_url *url, const char *text)
{
    *url = (struct xr_url){.base = NULL};
    if (!clean(text))
        return "has a user, a query, a fragment, or a byte that does not belong into a URL";
    if (strncasecmp(text, "https://", 8) != 0 && strncasecmp(text, "http://", 7) != 0)
        return "does not begin with https://";
    CURLU *parts = curl_url();
    const char *wrong = NULL;
    if (!parts)
        return "cannot be checked: memory is short";
    if (curl_url_set(parts, CURLUPART_URL, text, 0) != CURLUE_OK)
        wrong = "is not a URL";
    else if (!take_parts(url, parts))
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
