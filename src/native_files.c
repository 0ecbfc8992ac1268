/*
 * What Lua has to know about files and cannot ask by itself: the home directory where no variable
 * names it, and who may read or write a file. The store of tokens has its own, stricter checks.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"

/* native.home_directory() -> text, or nil when the password database knows none. [-0, +1, m] */
static int l_home_directory(lua_State *L)
{
    struct passwd entry;
    struct passwd *found = NULL;
    luaL_Buffer texts;
    size_t size = 16384; /* as sysconf(_SC_GETPW_R_SIZE_MAX) would have it, with room */
    char *room = luaL_buffinitsize(L, &texts, size);
    if (getpwuid_r(geteuid(), &entry, room, size, &found) != 0 || found == NULL)
        lua_pushnil(L);
    else
        lua_pushstring(L, found->pw_dir);
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
 * ours = boolean, owner = user id }; or nil, why not, and whether that is because there is no such
 * file. Follows symbolic links. [-0, +1|3, m]
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
    lua_createtable(L, 0, 4);
    lua_pushstring(L, kind_of(status.st_mode));
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, (lua_Integer)(status.st_mode & 07777));
    lua_setfield(L, -2, "mode");
    lua_pushboolean(L, status.st_uid == geteuid());
    lua_setfield(L, -2, "ours");
    lua_pushinteger(L, (lua_Integer)status.st_uid);
    lua_setfield(L, -2, "owner");
    return 1;
}

void xr_native_add_files(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"home_directory", l_home_directory},
        {"file_status", l_file_status},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
