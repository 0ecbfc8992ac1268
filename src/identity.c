/* The two endpoints as requests; see identity.h. */
#include "identity.h"

#include <stdio.h>
#include <string.h>

bool xr_identity_is_uuid(const char *text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    return true;
}

void xr_identity_list(struct xr_http_request *request, struct xr_secret *authorization,
                      const char *auth_event_id)
{
    request->method = XR_HTTP_GET;
    request->authorization = xr_secret_share(authorization);
    (void)snprintf(request->path, sizeof request->path, "/connections%s%s",
                   auth_event_id ? "?authEventId=" : "", auth_event_id ? auth_event_id : "");
}

void xr_identity_delete(struct xr_http_request *request, struct xr_secret *authorization,
                        const char *connection_id)
{
    request->method = XR_HTTP_DELETE;
    request->authorization = xr_secret_share(authorization);
    (void)snprintf(request->path, sizeof request->path, "/connections/%s", connection_id);
}

bool xr_identity_correlation_id(struct xr_http_answer *answer, char *text, size_t size)
{
    size_t count;
    const char *id = xr_http_header(answer, "xero-correlation-id", &count);
    if (count > 1 || (id && strlen(id) >= size))
        return false;
    (void)snprintf(text, size, "%s", id ? id : "");
    return true;
}
