/* Programs of the user's: a browser, the command of a source, a password manager. */
#include <math.h>
#include <string.h>

#include "capture.h"
#include "native_token.h"
#include "program.h"

enum { MESSAGE_SIZE = 256, MAX_WORDS = 64 };

#define CAPTURE "xero.native.capture"

/* The words of the table that is argument 1, which stay on the stack. [-0, +n, v] */
static void read_words(lua_State *L, char *words[MAX_WORDS + 1])
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Unsigned count = lua_rawlen(L, 1);
    luaL_argcheck(L, count > 0 && count <= MAX_WORDS, 1, "1 to 64 words expected");
    luaL_checkstack(L, MAX_WORDS + LUA_MINSTACK, NULL);
    for (lua_Unsigned i = 0; i < count; i++) {
        size_t length = 0;
        luaL_argcheck(L, lua_rawgeti(L, 1, (lua_Integer)i + 1) == LUA_TSTRING, 1, "not a word");
        words[i] = (char *)lua_tolstring(L, -1, &length); /* alive: it stays on the stack */
        luaL_argcheck(L, strlen(words[i]) == length, 1, "a word has a NUL");
    }
    words[count] = NULL;
}

/* native.start_program{ word, ... } -> true, or nil and why not. Does not wait for its end. */
static int l_start_program(lua_State *L)
{
    char *words[MAX_WORDS + 1];
    char message[MESSAGE_SIZE];
    read_words(L, words);
    if (xr_program_start(words, message, sizeof message)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
}

static int l_capture_gc(lua_State *L)
{
    xr_capture_clear(lua_touserdata(L, 1));
    return 0;
}

/* An empty capture, which the userdata that it pushes owns. [-0, +1, m] */
static struct xr_capture *push_capture(lua_State *L)
{
    struct xr_capture *capture = lua_newuserdatauv(L, sizeof *capture, 0);
    *capture = (struct xr_capture){.output = NULL};
    if (luaL_newmetatable(L, CAPTURE)) {
        lua_pushcfunction(L, l_capture_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return capture;
}

/*
 * native.run_program({ word, ... }, seconds, most, directory) -> what it printed, at most so many
 * bytes within so many seconds, or nil and a message; and the beginning of what it printed to
 * stderr. The directory that it begins in may be nil.
 */
static int l_run_program(lua_State *L)
{
    char *words[MAX_WORDS + 1];
    char message[MESSAGE_SIZE];
    struct xr_capture_bounds bounds = {.seconds = luaL_checknumber(L, 2)};
    lua_Integer most = luaL_checkinteger(L, 3);
    const char *directory = luaL_optstring(L, 4, NULL);
    luaL_argcheck(L, !isnan(bounds.seconds), 2, "not a number of seconds");
    luaL_argcheck(L, most > 0, 3, "not a number of bytes");
    bounds.most = (size_t)most;
    read_words(L, words);
    struct xr_capture *capture = push_capture(L);
    bool good = xr_capture_run(capture, words, directory, &bounds, message, sizeof message);
    if (good) {
        lua_pushlstring(L, capture->output != NULL ? capture->output : "", capture->length);
    } else {
        lua_pushnil(L);
        lua_pushstring(L, message);
    }
    lua_pushstring(L, capture->complaints);
    xr_capture_clear(capture);
    return good ? 2 : 3;
}

/*
 * native.secret_from_command(command, seconds) -> secret, the first line that the command line of
 * sh prints within so many seconds, or nil and a message, which holds nothing of what it printed.
 */
static int l_secret_from_command(lua_State *L)
{
    char message[MESSAGE_SIZE];
    const char *command = luaL_checkstring(L, 1);
    lua_Number seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, !isnan(seconds) && seconds < 86400, 2, "not a number of seconds");
    struct xr_secret **secret = xr_native_push_secret(L);
    *secret = xr_program_secret(command, seconds, message, sizeof message);
    if (*secret != NULL)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
}

void xr_native_add_program(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"start_program", l_start_program},
        {"run_program", l_run_program},
        {"secret_from_command", l_secret_from_command},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
