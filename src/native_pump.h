/* The pump at the border, for the other native files. */
#ifndef XR_NATIVE_PUMP_H
#define XR_NATIVE_PUMP_H

#include "http.h"
#include "native.h"

#define XR_NATIVE_REQUEST_TIMEOUT 30.0

/* The engine of the pump at an index. Raises where that is none, or closed. [-0, +0, v] */
struct xr_http *xr_native_check_pump(lua_State *L, int index);

/* Pushes an answer as the table that Lua sees, and releases it, also where that raises; pump is the
 * pump's index. [-0, +1, m] */
void xr_native_push_answer(lua_State *L, int pump, struct xr_http_answer *answer);

/* Raises that an id is no UUID, of kind "usage". [-0, +0, v] */
void xr_native_check_uuid(lua_State *L, const char *text);

#endif
