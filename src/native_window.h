/* The window at the border; see native_window.c. */
#ifndef XR_NATIVE_WINDOW_H
#define XR_NATIVE_WINDOW_H

#include "native.h"

/* pump:window{ url=, timeout= } -> window, closed. [-0, +1, v] */
int xr_native_new_window(lua_State *L);

#endif
