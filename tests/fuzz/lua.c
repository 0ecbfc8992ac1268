/*
 * A libFuzzer target around one of the Lua functions beside it: FUZZ_TARGET names the file, without
 * ".lua". It returns a function that takes the bytes and raises where something is wrong; any
 * error is a finding. Runs in a state as scripts have it.
 *
 * libFuzzer sees which lines of Lua were reached, so that it finds its way through Lua, too.
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "http.h"
#include "native.h"
#include "native_token.h"
#include "runtime.h"

enum { LINES = 1 << 14, COLLECT_EVERY = 64 };

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t lines[LINES];
static lua_State *state;

/* NOLINTNEXTLINE(readability-non-const-parameter): as below. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void on_line(lua_State *L, lua_Debug *activation)
{
    if (lua_getinfo(L, "S", activation) == 0)
        return;
    size_t place = (size_t)(uintptr_t)activation->source / 16 * 31;
    uint8_t *counter = &lines[(place + (size_t)activation->currentline) % LINES];
    if (*counter < UINT8_MAX)
        (*counter)++;
}

/* fuzz.grant(body, status) -> what becomes of a token endpoint's answer with that body. */
static int l_grant(lua_State *L)
{
    size_t length;
    const char *body = luaL_checklstring(L, 1, &length);
    struct xr_http_answer answer = {.status = (long)luaL_checkinteger(L, 2),
                                    .body = (char *)body,
                                    .body_length = length,
                                    .started = 1e9,
                                    .host = "localhost"};
    lua_newtable(L);
    xr_native_set_grant(L, &answer);
    return 1;
}

/* Leaves the target's function on the stack. */
static int l_open(lua_State *L)
{
    const char *name = getenv("FUZZ_TARGET"), *directory = getenv("FUZZ_DIRECTORY");
    if (name == NULL || directory == NULL)
        return luaL_error(L, "FUZZ_TARGET and FUZZ_DIRECTORY say which target it is");
    xr_runtime_open(L);
    lua_newtable(L);
    lua_pushcfunction(L, l_grant);
    lua_setfield(L, -2, "grant");
    lua_setglobal(L, "fuzz");
    lua_pushfstring(L, "%s/%s.lua", directory, name);
    if (luaL_dofile(L, lua_tostring(L, -1)) != LUA_OK)
        return lua_error(L);
    luaL_checktype(L, -1, LUA_TFUNCTION);
    return 1;
}

/* Runs the function below its arguments. A failure ends the process, as libFuzzer wants it. */
static void call(lua_State *L, int arguments, int results)
{
    int handler = lua_gettop(L) - arguments;
    lua_pushcfunction(L, xr_native_traceback);
    lua_insert(L, handler);
    if (lua_pcall(L, arguments, results, handler) != LUA_OK) {
        (void)xr_native_report(L);
        abort();
    }
    lua_remove(L, handler);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the parameters are libFuzzer's. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct xr_host host;
    host.argc = *argc;
    host.argv = *argv;
    host.options.word = *argc;
    state = xr_runtime_new(&host);
    if (state == NULL)
        abort();
    lua_pushcfunction(state, l_open);
    call(state, 0, 1);
    lua_sethook(state, on_line, LUA_MASKLINE, 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static unsigned runs;
    lua_pushvalue(state, -1);
    lua_pushlstring(state, (const char *)bytes, size);
    call(state, 1, 0);
    if (++runs % COLLECT_EVERY == 0)
        (void)lua_gc(state, LUA_GCCOLLECT);
    return 0;
}
