/* A libFuzzer target: a URL, as a base and as a whole one. */
#include "url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What is accepted is what may be asked: https, or http on this machine; nothing hides in it. */
static void check(const char *text, enum xr_url_form form)
{
    struct xr_url url;
    const char *why = xr_url_parse(&url, text, form);
    if (why != NULL && url.base != NULL)
        abort();
    if (why != NULL)
        return;
    if (url.base == NULL || url.host[0] == '\0' || (!url.secure && !url.loopback))
        abort();
    for (const char *at = url.base; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~' || *at == '#' || (form == XR_URL_BASE && *at == '?'))
            abort();
    free(url.base);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char text[LENGTH + 1];
    if (size > LENGTH)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    check(text, XR_URL_BASE);
    check(text, XR_URL_WHOLE);
    return 0;
}
