/*
 * How a signal or the deadline stops Lua code: by a count hook that raises an error of kind
 * "interrupted" or "deadline".
 *
 * A hook belongs to one Lua thread and it must be the running one, so the functions of `coroutine`
 * that switch threads are replaced by ones that say which runs. The first error may be caught, and
 * whoever catches it (or a `__close`) has CLEAN_UP instructions; from the second one on every
 * instruction raises again, so that a loop around pcall ends too.
 */
#include <lualib.h>
#include <stddef.h>

#include "host.h"
#include "interrupt.h"
#include "native.h"

enum { CLEAN_UP = 1000000 };

static void hook(lua_State *L, lua_Debug *record);

/* Plants the hook in a thread. Safe in a signal handler, as in the manual's interpreter. */
static void plant(lua_State *L, int count)
{
    lua_sethook(L, hook, LUA_MASKCOUNT, count);
}

static void react(void *runner)
{
    plant(runner, 1);
}

/*
 * Plants the hook in a thread that goes on after a signal came. During the clean-up one that is
 * there already keeps its count, so that switching to and fro gives no new time. [-0, +0, -]
 */
static void replant(lua_State *L)
{
    if (xr_interrupt_status() == 0 || xr_interrupt_held())
        return;
    const struct xr_host *host = xr_native_host(L);
    bool cleaning = host->interruptions == 1;
    if (host->interruptible && !(cleaning && lua_gethook(L) == hook))
        plant(L, cleaning ? CLEAN_UP : 1);
}

/* Pushes the error object of what came. [-0, +1, e] */
static void push_interruption(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "xero.error");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "interruption");
    lua_remove(L, -2);
    lua_pushstring(L, xr_interrupt_name());
    lua_call(L, 1, 1);
}

static void hook(lua_State *L, lua_Debug *record)
{
    (void)record;
    lua_sethook(L, NULL, 0, 0);
    struct xr_host *host = xr_native_host(L);
    if (xr_interrupt_held() || !host->interruptible)
        return;
    if (host->interruptions < 2)
        host->interruptions++;
    replant(L);

    push_interruption(L);
    (void)lua_error(L);
}

static lua_State *check_thread(lua_State *L, int index)
{
    lua_State *co = lua_tothread(L, index);
    luaL_argexpected(L, co != NULL, index, "coroutine");
    return co;
}

/*
 * Lets co run with the topmost n values of L; its results come to L, their number to *results. When
 * it failed, the error is on top of co. Returns the status. [-n, +results, m]
 */
static int resume(lua_State *L, lua_State *co, int n, int *results)
{
    if (!lua_checkstack(co, n))
        return luaL_error(L, "too many arguments to resume");
    lua_xmove(L, co, n);
    void *before = xr_interrupt_run(co);
    replant(co);
    int status = lua_resume(co, L, n, results);
    (void)xr_interrupt_run(before);
    replant(L);
    if (status != LUA_OK && status != LUA_YIELD)
        return status;
    if (!lua_checkstack(L, *results + 1)) {
        lua_pop(co, *results);
        return luaL_error(L, "too many results to resume");
    }
    lua_xmove(co, L, *results);
    return LUA_OK;
}

/* Closes the pending variables of co; an error is left on top of co. [-0, +0, -] */
static int reset(lua_State *L, lua_State *co)
{
    void *before = xr_interrupt_run(co);
    replant(co);
#if LUA_VERSION_RELEASE_NUM >= 50406
    int status = lua_closethread(co, L);
#else
    int status = lua_resetthread(co);
#endif
    (void)xr_interrupt_run(before);
    replant(L);
    return status;
}

static int l_coroutine_resume(lua_State *L)
{
    lua_State *co = check_thread(L, 1);
    int results = 0;
    if (resume(L, co, lua_gettop(L) - 1, &results) != LUA_OK) {
        lua_xmove(co, L, 1);
        lua_pushboolean(L, 0);
        lua_insert(L, -2); /* the error may have been on L already: co is L where it runs */
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

static int l_coroutine_step(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = 0;
    int status = resume(L, co, lua_gettop(L), &results);
    if (status == LUA_OK)
        return results;
    if (lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD)
        status = reset(L, co);
    lua_xmove(co, L, 1);
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int l_coroutine_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, l_coroutine_step, 1);
    return 1;
}

static int l_coroutine_close(lua_State *L)
{
    lua_State *co = check_thread(L, 1);
    lua_Debug frame;
    if (co == L)
        return luaL_error(L, "cannot close a running coroutine");
    if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &frame))
        return luaL_error(L, "cannot close a normal coroutine");
    if (reset(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

static int l_native_interrupted(lua_State *L)
{
    lua_pushstring(L, xr_interrupt_name());
    return 1;
}

static int l_guard_close(lua_State *L)
{
    xr_interrupt_release();
    replant(L);
    return 0;
}

/* shield(f, ...): upvalue 1 is the guard, whose __close ends the shield however f ends. */
static int l_native_shield(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_toclose(L, 1);
    xr_interrupt_hold();
    lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
    return lua_gettop(L) - 1;
}

void xr_native_add_interrupt(lua_State *L)
{
    lua_pushcfunction(L, l_native_interrupted);
    lua_setfield(L, -2, "interrupted");

    (void)lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_guard_close);
    lua_setfield(L, -2, "__close");
    lua_setmetatable(L, -2);
    lua_pushcclosure(L, l_native_shield, 1);
    lua_setfield(L, -2, "shield");
}

void xr_native_allow_interrupts(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"resume", l_coroutine_resume},
        {"wrap", l_coroutine_wrap},
        {"close", l_coroutine_close},
        {NULL, NULL},
    };
    lua_getglobal(L, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    xr_native_host(L)->interruptible = true;
    (void)xr_interrupt_run(L);
    xr_interrupt_react(react);
    replant(L); /* a signal may have come before there was a reaction */
}

void xr_native_end_interrupts(lua_State *L)
{
    xr_interrupt_react(NULL);
    xr_native_host(L)->interruptible = false;
    lua_sethook(L, NULL, 0, 0);
}
