/* What profiles and the login need beyond files: programs of the user's, and the PKCE pair. */
#include <math.h>

#include "native_token.h"
#include "pkce.h"
#include "program.h"

enum { MESSAGE_SIZE = 256, MAX_WORDS = 64 };

/* native.start_program{ word, ... } -> true, or nil and why not. Does not wait for its end. */
static int l_start_program(lua_State *L)
{
    char *words[MAX_WORDS + 1];
    char message[MESSAGE_SIZE];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Unsigned count = lua_rawlen(L, 1);
    luaL_argcheck(L, count > 0 && count <= MAX_WORDS, 1, "1 to 64 words expected");
    luaL_checkstack(L, MAX_WORDS, NULL);
    for (lua_Unsigned i = 0; i < count; i++) {
        luaL_argcheck(L, lua_rawgeti(L, 1, (lua_Integer)i + 1) == LUA_TSTRING, 1, "not a word");
        words[i] = (char *)lua_tostring(L, -1); /* alive: it stays on the stack */
    }
    words[count] = NULL;
    if (xr_program_start(words, message, sizeof message)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
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

/* native.pkce() -> secret (the code verifier), challenge */
static int l_pkce(lua_State *L)
{
    char challenge[XR_PKCE_LENGTH + 1];
    struct xr_secret **verifier = xr_native_push_secret(L);
    *verifier = xr_pkce_new(challenge);
    if (*verifier == NULL)
        return luaL_error(L, "no randomness or no memory for a code verifier");
    lua_pushlstring(L, challenge, XR_PKCE_LENGTH);
    return 2;
}

void xr_native_add_program(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"start_program", l_start_program},
        {"secret_from_command", l_secret_from_command},
        {"pkce", l_pkce},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
