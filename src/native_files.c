/*
 * What Lua has to know about files and users and cannot ask by itself: the home directory where no
 * variable names it, who runs us and where, what a path leads to, and who may read or write a file.
 * The store of tokens has its own, stricter checks.
 */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "native.h"
#include "private_file.h"
#include "script.h"

/* What the password database says of us; false where it knows nothing. room is for its texts. */
static bool look_up(struct passwd *entry, char *room, size_t size)
{
    struct passwd *found = NULL;
    return getpwuid_r(geteuid(), entry, room, size, &found) == 0 && found != NULL;
}

/* As sysconf(_SC_GETPW_R_SIZE_MAX) would have it, with room. */
enum { TEXTS_SIZE = 16384 };

/* native.home_directory() -> text, or nil when the password database knows none. [-0, +1, m] */
static int l_home_directory(lua_State *L)
{
    struct passwd entry;
    luaL_Buffer texts;
    bool known = look_up(&entry, luaL_buffinitsize(L, &texts, TEXTS_SIZE), TEXTS_SIZE);
    lua_pushstring(L, known ? entry.pw_dir : NULL);
    return 1;
}

/* native.user_name() -> whose rights we run with, as a name or else a number. [-0, +1, m] */
static int l_user_name(lua_State *L)
{
    struct passwd entry;
    luaL_Buffer texts;
    if (look_up(&entry, luaL_buffinitsize(L, &texts, TEXTS_SIZE), TEXTS_SIZE))
        lua_pushstring(L, entry.pw_name);
    else
        lua_pushfstring(L, "%I", (LUAI_UACINT)geteuid());
    return 1;
}

/* native.host_name() -> what this machine calls itself. [-0, +1, m] */
static int l_host_name(lua_State *L)
{
    struct utsname system;
    lua_pushstring(L, uname(&system) == 0 ? system.nodename : "");
    return 1;
}

static const char *kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    return S_ISDIR(mode) ? "directory" : "other";
}

/*
 * native.file_status(path) -> { kind = "file" | "directory" | "other", mode = permission bits,
 * ours = boolean, owner = user id, size = bytes, changed = seconds since the epoch }; or nil, why
 * not, and whether that is because there is no such file. Follows symbolic links. [-0, +1|3, m]
 */
static int l_file_status(lua_State *L)
{
    struct stat status;
    if (stat(luaL_checkstring(L, 1), &status) != 0) {
        int number = errno;
        lua_pushnil(L);
        lua_pushstring(L, strerror(number));
        lua_pushboolean(L, number == ENOENT || number == ENOTDIR);
        return 3;
    }
    lua_createtable(L, 0, 6);
    lua_pushstring(L, kind_of(status.st_mode));
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, (lua_Integer)(status.st_mode & 07777));
    lua_setfield(L, -2, "mode");
    lua_pushboolean(L, status.st_uid == geteuid());
    lua_setfield(L, -2, "ours");
    lua_pushinteger(L, (lua_Integer)status.st_uid);
    lua_setfield(L, -2, "owner");
    lua_pushinteger(L, (lua_Integer)status.st_size);
    lua_setfield(L, -2, "size");
    lua_pushnumber(L, (double)status.st_mtim.tv_sec + (double)status.st_mtim.tv_nsec / 1e9);
    lua_setfield(L, -2, "changed");
    return 1;
}

/* native.real_path(path) -> absolute and without links; or nil and why not. [-0, +1|2, m] */
static int l_real_path(lua_State *L)
{
    char resolved[PATH_MAX];
    if (realpath(luaL_checkstring(L, 1), resolved) != NULL) {
        lua_pushstring(L, resolved);
        return 1;
    }
    int number = errno;
    lua_pushnil(L);
    lua_pushstring(L, strerror(number));
    return 2;
}

/*
 * native.make_directory(path) -> true, or nil and why not. As mkdir: the one above has to be there,
 * and nothing at the path. [-0, +1|2, m]
 */
static int l_make_directory(lua_State *L)
{
    if (mkdir(luaL_checkstring(L, 1), S_IRWXU | S_IRWXG | S_IRWXO) == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    int number = errno;
    lua_pushnil(L);
    lua_pushstring(L, strerror(number));
    return 2;
}

/* native.script_fault(path, unattended) -> why the file is not fit to be run (now, or unattended
 * later), said behind its name, or nil. [-0, +1, m] */
static int l_script_fault(lua_State *L)
{
    lua_pushstring(L, xr_script_fault(luaL_checkstring(L, 1), lua_toboolean(L, 2)));
    return 1;
}

/* native.write_private(path, text) -> true; or nil and why not. [-0, +1|2, m] */
static int l_write_private(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    bool done = xr_private_file_write(path, text, length);
    return luaL_fileresult(L, done, path);
}

void xr_native_add_files(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"home_directory", l_home_directory},
        {"user_name", l_user_name},
        {"host_name", l_host_name},
        {"file_status", l_file_status},
        {"real_path", l_real_path},
        {"make_directory", l_make_directory},
        {"script_fault", l_script_fault},
        {"write_private", l_write_private},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
