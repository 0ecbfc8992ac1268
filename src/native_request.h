/* A script's own request, read from the table that describes it. */
#ifndef XR_NATIVE_REQUEST_H
#define XR_NATIVE_REQUEST_H

#include <stdbool.h>

#include "http.h"
#include "native.h"

/*
 * Fills method, lines and body of a request from the fields method, headers and body of a table.
 * What may not be sent raises kind "usage". False: memory is short. [-0, +n, v]
 */
bool xr_native_read_request(lua_State *L, int table, struct xr_http_request *request);

#endif
