/*
 * The host's command line for Lua: native.options, the values; native.option_table(), what there is
 * to give; native.status_table(), how a run may end.
 *
 * A command stores into native.options what it is given after its name. That goes to a plain table
 * behind a proxy, but for dry_run: it is kept in C, where the engine looks, and only ever goes on.
 * A deadline that is stored begins to run.
 */
#include <string.h>

#include "help.h"
#include "host.h"
#include "interrupt.h"
#include "native.h"

static const char *kind_name(enum xr_option_kind kind)
{
    switch (kind) {
    case XR_OPTION_FLAG:
        return "flag";
    case XR_OPTION_DURATION:
        return "duration";
    case XR_OPTION_COUNT:
    case XR_OPTION_WINDOW:
        return "count";
    case XR_OPTION_CHOICE:
        return "choice";
    case XR_OPTION_TEXT:
    case XR_OPTION_STEP:
        break;
    }
    return "text";
}

/* Pushes a value, nil where there is none. [-0, +1, m] */
static void push_value(lua_State *L, enum xr_option_kind kind, const void *place)
{
    switch (kind) {
    case XR_OPTION_FLAG:
        lua_pushboolean(L, *(const bool *)place);
        return;
    case XR_OPTION_DURATION:
        if (*(const double *)place > 0)
            lua_pushnumber(L, *(const double *)place);
        else
            lua_pushnil(L);
        return;
    case XR_OPTION_COUNT:
    case XR_OPTION_WINDOW:
        if (*(const long *)place >= 0)
            lua_pushinteger(L, *(const long *)place);
        else
            lua_pushnil(L);
        return;
    case XR_OPTION_TEXT:
    case XR_OPTION_CHOICE:
    case XR_OPTION_STEP:
        lua_pushstring(L, *(const char *const *)place);
        return;
    }
}

/* Pushes one row of the table of options. [-0, +1, m] */
static void push_option(lua_State *L, const struct xr_option *option)
{
    struct xr_options standard = xr_options_standard();
    lua_createtable(L, 0, 9);
    if (option->kind != XR_OPTION_STEP) {
        push_value(L, option->kind, (const char *)&standard + option->offset);
        lua_setfield(L, -2, "standard");
    }
    if (option->kind == XR_OPTION_COUNT || option->kind == XR_OPTION_WINDOW) {
        bool window = option->kind == XR_OPTION_WINDOW;
        lua_pushinteger(L, window ? 1 : 0);
        lua_setfield(L, -2, "least");
        lua_pushinteger(L, window ? XR_WINDOW_MAX : XR_COUNT_MAX);
        lua_setfield(L, -2, "most");
    }
    if (option->letter != 0) {
        lua_pushlstring(L, &option->letter, 1);
        lua_setfield(L, -2, "short");
    }
    lua_pushstring(L, option->name);
    lua_setfield(L, -2, "long");
    lua_pushstring(L, option->argument);
    lua_setfield(L, -2, "argument");
    lua_pushstring(L, option->help);
    lua_setfield(L, -2, "help");
    lua_pushstring(L, kind_name(option->kind));
    lua_setfield(L, -2, "kind");
    if (option->choices == NULL)
        return;
    lua_newtable(L);
    for (int i = 0; option->choices[i] != NULL; i++) {
        lua_pushstring(L, option->choices[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "choices");
}

static int l_native_option_table(lua_State *L)
{
    lua_createtable(L, (int)xr_option_count, 0);
    for (size_t i = 0; i < xr_option_count; i++) {
        push_option(L, &xr_option_list[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* status_table() -> { { status = text, meaning = text }, ... }, as --help tells them. */
static int l_native_status_table(lua_State *L)
{
    lua_createtable(L, (int)xr_help_status_count, 0);
    for (size_t i = 0; i < xr_help_status_count; i++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, xr_help_statuses[i].status);
        lua_setfield(L, -2, "status");
        lua_pushstring(L, xr_help_statuses[i].meaning);
        lua_setfield(L, -2, "meaning");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* Pushes the values by the names of their options, "_" for "-". [-0, +1, m] */
static void push_values(lua_State *L, const struct xr_options *options)
{
    lua_newtable(L);
    for (size_t i = 0; i < xr_option_count; i++) {
        const struct xr_option *option = &xr_option_list[i];
        const void *place = (const char *)options + option->offset;
        if (option->name == NULL || option->kind == XR_OPTION_STEP)
            continue;
        (void)luaL_gsub(L, option->name, "-", "_");
        push_value(L, option->kind, place);
        lua_rawset(L, -3);
    }
}

static bool is_named(lua_State *L, int index, const char *name)
{
    return lua_type(L, index) == LUA_TSTRING && strcmp(lua_tostring(L, index), name) == 0;
}

static int l_options_index(lua_State *L)
{
    if (is_named(L, 2, "dry_run")) {
        lua_pushboolean(L, xr_native_options(L)->dry_run);
        return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

static int l_options_newindex(lua_State *L)
{
    if (is_named(L, 2, "dry_run")) {
        struct xr_options *options = &xr_native_host(L)->options;
        options->dry_run = options->dry_run || lua_toboolean(L, 3);
        return 0;
    }
    if (is_named(L, 2, "deadline") && lua_tonumber(L, 3) > 0 &&
        !xr_interrupt_deadline(lua_tonumber(L, 3)))
        return luaL_error(L, "cannot set the timer of the deadline");
    lua_settop(L, 3);
    lua_rawset(L, lua_upvalueindex(1));
    return 0;
}

/* end_partly(boolean): whether a run that ends by itself does so with the status for that. */
static int l_native_end_partly(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    xr_native_host(L)->partly = lua_toboolean(L, 1);
    return 0;
}

void xr_native_add_options(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__index", l_options_index},
        {"__newindex", l_options_newindex},
        {NULL, NULL},
    };
    static const luaL_Reg functions[] = {
        {"option_table", l_native_option_table},
        {"status_table", l_native_status_table},
        {"end_partly", l_native_end_partly},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);

    lua_newtable(L);
    lua_createtable(L, 0, 3);
    push_values(L, xr_native_options(L));
    luaL_setfuncs(L, methods, 1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "options");
}
