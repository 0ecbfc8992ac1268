/* Grants at the border: userdata that hold a login's tokens. For the other native files. */
#ifndef XR_NATIVE_GRANT_H
#define XR_NATIVE_GRANT_H

#include "grant.h"
#include "native.h"

/* The grant at an index; NULL for anything else. [-0, +0, m] */
struct xr_grant *xr_native_to_grant(lua_State *L, int index);

#endif
