/*
 * Rows of a list that hold nothing but strings, as Xero's connections do, each read or written by
 * one call. A row that holds anything else is left to Lua, which knows all cases.
 */
#include <stdlib.h>
#include <string.h>

#include "native_text.h"

/*
 * native.holds_strings_only(table) -> whether every value in it is a string, as in a connection of
 * Xero's with no null among its fields. [-0, +1, v]
 */
static int l_holds_strings_only(lua_State *L)
{
    bool holds = true;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (holds && lua_next(L, 1)) {
        holds = lua_type(L, -1) == LUA_TSTRING;
        lua_pop(L, 1);
    }
    lua_pushboolean(L, holds);
    return 1;
}

/* How many fields the table at the index has. [-0, +0, -] */
static int count_fields(lua_State *L, int index)
{
    int count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        count++;
    return count;
}

/* The number of keys in the list that is argument 2, with room on the stack for twice as many. */
static int check_keys(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    int count = (int)lua_rawlen(L, 2);
    luaL_checkstack(L, 2 * count + LUA_MINSTACK, NULL);
    return count;
}

/*
 * native.json_object(object, keys, names, last) -> the object as JSON, its fields in the order of
 * the keys. The names hold what goes before each value: a comma, a break, the key as JSON, a colon;
 * the comma of the first is left out. `last` is the break before the closing brace. nil where there
 * is no field, a key that is not among them, or a value that is no string of UTF-8. [-0, +1, v]
 */
static int l_json_object(lua_State *L)
{
    int count = check_keys(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    luaL_checkstring(L, 4);
    lua_settop(L, 4);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, 3, i);
        lua_rawgeti(L, 2, i);
        if (lua_rawget(L, 1) == LUA_TNIL)
            lua_pop(L, 2);
        else if (lua_type(L, -1) != LUA_TSTRING)
            return 0;
    }
    int top = lua_gettop(L);
    if (top == 4 || count_fields(L, 1) != (top - 4) / 2)
        return 0;
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    luaL_addchar(&buffer, '{');
    for (int i = 5; i < top; i += 2) {
        size_t length;
        const char *name = luaL_checkstring(L, i);
        luaL_addstring(&buffer, i == 5 && name[0] == ',' ? name + 1 : name);
        const char *value = lua_tolstring(L, i + 1, &length);
        if (!xr_text_add_json(&buffer, value, length))
            return 0;
    }
    luaL_addstring(&buffer, lua_tostring(L, 4));
    luaL_addchar(&buffer, '}');
    luaL_pushresult(&buffer);
    return 1;
}

/* RFC 4180; some programs trim what is not within quotes. */
static bool needs_quotes(const char *text, size_t length)
{
    if (length > 0 && (text[0] == ' ' || text[length - 1] == ' '))
        return true;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '"' || text[i] == ',' || text[i] == '\r' || text[i] == '\n')
            return true;
    return false;
}

static void add_csv(luaL_Buffer *buffer, const char *text, size_t length)
{
    if (!needs_quotes(text, length)) {
        luaL_addlstring(buffer, text, length);
        return;
    }
    luaL_addchar(buffer, '"');
    for (const char *quote; (quote = memchr(text, '"', length)) != NULL;) {
        size_t step = (size_t)(quote - text) + 1;
        luaL_addlstring(buffer, text, step);
        luaL_addchar(buffer, '"');
        text += step;
        length -= step;
    }
    luaL_addlstring(buffer, text, length);
    luaL_addchar(buffer, '"');
}

/*
 * native.csv_line(row, keys) -> the row's values under the keys as a line of CSV (RFC 4180), nil
 * being empty; nil where one is neither a string nor nil. [-0, +1, e]
 */
static int l_csv_line(lua_State *L)
{
    int count = check_keys(L);
    lua_settop(L, 2);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, i);
        int type = lua_gettable(L, 1);
        if (type != LUA_TSTRING && type != LUA_TNIL)
            return 0;
    }
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= count; i++) {
        size_t length = 0;
        const char *text = lua_tolstring(L, 2 + i, &length);
        if (i > 1)
            luaL_addchar(&buffer, ',');
        if (text != NULL)
            add_csv(&buffer, text, length);
    }
    luaL_addstring(&buffer, "\r\n");
    luaL_pushresult(&buffer);
    return 1;
}

/* The plain text among the cells in argument 1; NULL where it is none. Not popped. [-0, +1, -] */
static const char *push_plain(lua_State *L, lua_Integer position, size_t *length)
{
    if (lua_rawgeti(L, 1, position) != LUA_TSTRING)
        return NULL;
    const char *text = lua_tolstring(L, -1, length);
    return xr_text_is_plain(text, *length) ? text : NULL;
}

/*
 * native.widen(cells, widths) -> true where each cell is plain text, which takes a column a letter:
 * then no width is less than that of its cell. Otherwise false, and some are. [-0, +1, v]
 */
static int l_widen(lua_State *L)
{
    int count = check_keys(L);
    lua_settop(L, 2);
    for (int i = 1; i <= count; i++) {
        size_t length;
        if (push_plain(L, i, &length) == NULL) {
            lua_pushboolean(L, false);
            return 1;
        }
        lua_rawgeti(L, 2, i);
        if (lua_tointeger(L, -1) < (lua_Integer)length) {
            lua_pushinteger(L, (lua_Integer)length);
            lua_rawseti(L, 2, i);
        }
        lua_settop(L, 2);
    }
    lua_pushboolean(L, true);
    return 1;
}

static void add_spaces(luaL_Buffer *buffer, size_t count)
{
    memset(luaL_prepbuffsize(buffer, count), ' ', count);
    luaL_addsize(buffer, count);
}

/*
 * native.plain_line(cells, fields, gap) -> the cells with spaces up to their fields' widths and
 * gaps between them; a width below zero is of a cell that begins at the left, as in printf. Nothing
 * but a cell ends a line. nil where a cell is no plain text, or wider than its field. [-0, +1, v]
 */
static int l_plain_line(lua_State *L)
{
    int count = check_keys(L);
    const char *gap = luaL_checkstring(L, 3);
    lua_settop(L, 3);
    for (int i = 1; i <= count; i++) {
        size_t length;
        lua_rawgeti(L, 2, i);
        if (push_plain(L, i, &length) == NULL || (lua_Integer)length > llabs(lua_tointeger(L, -2)))
            return 0;
    }
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= count; i++) {
        size_t length;
        lua_Integer field = lua_tointeger(L, 2 + 2 * i);
        const char *text = lua_tolstring(L, 3 + 2 * i, &length);
        size_t fill = (size_t)llabs(field) - length;
        if (i > 1)
            luaL_addstring(&buffer, gap);
        if (field > 0)
            add_spaces(&buffer, fill);
        luaL_addlstring(&buffer, text, length);
        if (field < 0)
            add_spaces(&buffer, fill);
    }
    size_t used = luaL_bufflen(&buffer);
    const char *line = luaL_buffaddr(&buffer);
    while (used > 0 && line[used - 1] == ' ')
        used--;
    luaL_buffsub(&buffer, luaL_bufflen(&buffer) - used);
    luaL_pushresult(&buffer);
    return 1;
}

void xr_native_add_rows(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"holds_strings_only", l_holds_strings_only},
        {"json_object", l_json_object},
        {"csv_line", l_csv_line},
        {"widen", l_widen},
        {"plain_line", l_plain_line},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
