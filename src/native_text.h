/*
 * Texts byte by byte, as the rows of a list need them too: see native_text.c for what Lua sees.
 */
#ifndef XR_NATIVE_TEXT_H
#define XR_NATIVE_TEXT_H

#include <stdbool.h>

#include "native.h"

/* Whether each byte is a printable ASCII character: then it takes a column of a terminal. */
bool xr_text_is_plain(const char *text, size_t length);

/*
 * Adds a text to the buffer as a string of JSON; false where it is no UTF-8, and then the buffer
 * holds a part of it. Nothing may stand on the stack above the buffer. [-?, +?, m]
 */
bool xr_text_add_json(luaL_Buffer *buffer, const char *text, size_t length);

#endif
