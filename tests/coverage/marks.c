/*
 * Counts what is executed, in a build of its own (`make coverage`): linked in with
 * --wrap=lua_newstate and --wrap=_exit.
 *
 * Each mark of the Lua code (see embed.lua) is a byte of a file that every process of that build
 * maps: so nothing is lost when one is killed. The counts of gcov are kept in the process; they are
 * written when it ends, by _exit, too, and lost when it is killed.
 */
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* The build says where it is; made by the one who counts. */
#ifndef XR_COUNTS_FILE
#define XR_COUNTS_FILE "build/coverage/lua.counts"
#endif

/* More than there will be. */
enum { MARKS = 1 << 17 };

void __gcov_dump(void); /* of gcov.h, which only gcc's own directory has */
lua_State *__real_lua_newstate(lua_Alloc allocate, void *context);
lua_State *__wrap_lua_newstate(lua_Alloc allocate, void *context);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

static unsigned char *counts(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* XR_MARK(number): this statement begins. */
static int l_mark(lua_State *L)
{
    counts(L)[lua_tointeger(L, 1)] = 1;
    return 0;
}

/* XR_DECIDE(number, value): gives the value; counts at number, or one beyond if it is true. */
static int l_decide(lua_State *L)
{
    lua_settop(L, 2);
    counts(L)[lua_tointeger(L, 1) + lua_toboolean(L, 2)] = 1;
    return 1;
}

/* A process that may not open the file counts for nobody. */
static unsigned char *map_file(void)
{
    static unsigned char nobody[MARKS];
    int fd = open(XR_COUNTS_FILE, O_RDWR | O_CLOEXEC);
    void *mapped =
        fd < 0 ? MAP_FAILED : mmap(NULL, MARKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        (void)close(fd);
    return mapped != MAP_FAILED ? mapped : nobody;
}

lua_State *__wrap_lua_newstate(lua_Alloc allocate, void *context)
{
    lua_State *L = __real_lua_newstate(allocate, context);
    if (L == NULL)
        return NULL;
    lua_createtable(L, 2, 0);
    unsigned char *bytes = map_file();
    lua_pushlightuserdata(L, bytes);
    lua_pushcclosure(L, l_mark, 1);
    lua_rawseti(L, -2, 1);
    lua_pushlightuserdata(L, bytes);
    lua_pushcclosure(L, l_decide, 1);
    lua_rawseti(L, -2, 2);
    lua_setfield(L, LUA_REGISTRYINDEX, "xr_marks");
    return L;
}

/*
 * A test gives a process a small (soft) limit of file sizes; gcov would leave half a file of counts
 * there, and nothing could be added to it any more.
 */
__attribute__((destructor)) static void lift_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
}

void __wrap__exit(int status)
{
    lift_limit();
    __gcov_dump();
    __real__exit(status);
}
