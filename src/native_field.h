/*
 * Fields of a table that is an argument, for functions of the border that take many. What is wrong
 * with one is a mistake of the caller: it raises a string with position, as luaL_argerror does.
 */
#ifndef XR_NATIVE_FIELD_H
#define XR_NATIVE_FIELD_H

#include <stdbool.h>

#include "native.h"

/* Raises that the field, whose value is at the top, is not what was expected. [-0, +0, v] */
__attribute__((noreturn)) void xr_field_fail(lua_State *L, int table, const char *name,
                                             const char *expected);

/* The text of a field, which stays on the stack; NULL when it is nil and may be. [-0, +1, v] */
const char *xr_field_text(lua_State *L, int table, const char *name, bool optional);

/* The seconds of a field, a day at most, or the default. [-0, +0, v] */
double xr_field_seconds(lua_State *L, int table, const char *name, double otherwise);

/* Which of the names a field holds, by its index; nil stands for the first. [-0, +1, v] */
int xr_field_choice(lua_State *L, int table, const char *name, const char *const names[]);

#endif
