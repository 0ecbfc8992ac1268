/*
 * Reads a JSON list of flat objects with nothing but strings in them, as Xero's list of connections
 * is, in one pass. lua-cjson takes three times as long: it grows each table anew with each field.
 * And reads one flat object of strings, whole numbers and booleans, as a line of the journal is.
 * Any other text, be it right or wrong, is left to lua-cjson, for it knows all cases.
 */
#include <string.h>

#include "native_text.h"

/* The rows of a list have the same keys: so many of them are looked up by their place. */
#define KEYS_MAX 16

/* A line of the journal has fewer fields, and whole numbers of fewer digits. */
#define FIELDS_MAX 32
#define DIGITS_MAX 15

struct reader {
    lua_State *L;
    const char *at; /* in a text that a NUL ends */
    int keys; /* the place on the stack before that of the first key */
    int key_count;
    bool alike; /* each row so far has the keys of the first one, in their places */
    bool mixed; /* values may be numbers and booleans, too */
};

static void skip_blanks(struct reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t')
        reader->at++;
}

/* Steps over blanks and over this character, if it is next. */
static bool take(struct reader *reader, char wanted)
{
    skip_blanks(reader);
    if (*reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

/* How many of the bytes at the beginning stand for themselves in a string of JSON. */
static size_t skip_unescaped(const char *text)
{
    size_t i = 0;
    while ((unsigned char)text[i] >= ' ' && text[i] != '"' && text[i] != '\\')
        i++;
    return i;
}

/* Pushes the key that is next, the one at this place in its row. [-0, +(0|1), m] */
static bool push_key(struct reader *reader, int place)
{
    lua_State *L = reader->L;
    if (!take(reader, '"'))
        return false;
    if (place <= reader->key_count) {
        size_t length;
        const char *known = lua_tolstring(L, reader->keys + place, &length);
        if (strncmp(reader->at, known, length) == 0 && reader->at[length] == '"') {
            reader->at += length + 1;
            lua_pushvalue(L, reader->keys + place);
            return true;
        }
    }
    size_t length = skip_unescaped(reader->at);
    if (reader->at[length] != '"')
        return false;
    lua_pushlstring(L, reader->at, length);
    reader->at += length + 1;
    reader->alike = false;
    return true;
}

/* Four hexadecimal digits; -1 where they are none. */
static int read_hex(const char *text)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit)
            return -1;
        value = value << 4 | (int)((digit - digits) & 15);
    }
    return value;
}

/* Adds what the escape means whose backslash is next. False: it is none, or one of two that make a
 * character together. [-0, +?, m] */
static bool add_escaped(struct reader *reader, luaL_Buffer *buffer)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char letter = reader->at[1];
    const char *found = letter ? strchr(letters, letter) : NULL;
    reader->at += 2;
    if (found) {
        luaL_addchar(buffer, meant[found - letters]);
        return true;
    }
    int code = letter == 'u' ? read_hex(reader->at) : -1;
    if (code < 0 || (code >= 0xD800 && code <= 0xDFFF))
        return false;
    reader->at += 4;
    lua_pushfstring(reader->L, "%U", (unsigned long)code);
    luaL_addvalue(buffer);
    return true;
}

/* Pushes the string that is next. [-0, +(1|?), m] */
static bool push_value(struct reader *reader)
{
    if (!take(reader, '"'))
        return false;
    size_t length = skip_unescaped(reader->at);
    if (reader->at[length] == '"') {
        lua_pushlstring(reader->L, reader->at, length);
        reader->at += length + 1;
        return true;
    }
    luaL_Buffer buffer;
    luaL_buffinit(reader->L, &buffer);
    for (;;) {
        luaL_addlstring(&buffer, reader->at, length);
        reader->at += length;
        if (*reader->at != '\\')
            break;
        if (!add_escaped(reader, &buffer))
            return false;
        length = skip_unescaped(reader->at);
    }
    luaL_pushresult(&buffer);
    return *reader->at++ == '"';
}

/* Pushes the whole number that is next, and no other one. [-0, +(1|0), -] */
static bool push_whole(struct reader *reader)
{
    size_t length = strspn(reader->at, "0123456789");
    if (length == 0 || length > DIGITS_MAX || (length > 1 && *reader->at == '0'))
        return false;
    lua_Integer value = 0;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + (*reader->at++ - '0');
    lua_pushinteger(reader->L, value);
    return true;
}

/* Pushes the string, whole number or boolean that is next. [-0, +(1|?), m] */
static bool push_scalar(struct reader *reader)
{
    static const char *const words[] = {"false", "true"};
    skip_blanks(reader);
    if (*reader->at == '"')
        return push_value(reader);
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(reader->at, words[i], length) == 0) {
            reader->at += length;
            lua_pushboolean(reader->L, i);
            return true;
        }
    }
    return push_whole(reader);
}

/* Keeps the keys of the first row, which is at the top. [-0, +0, m] */
static void learn_key(struct reader *reader, int place)
{
    if (place <= KEYS_MAX) {
        lua_pushvalue(reader->L, -1);
        lua_replace(reader->L, reader->keys + place);
        reader->key_count = place;
        reader->alike = true;
    }
}

/* Pushes the object that is next. [-0, +(1|?), m] */
static bool push_row(struct reader *reader, bool first)
{
    lua_State *L = reader->L;
    if (!take(reader, '{'))
        return false;
    lua_createtable(L, 0, reader->mixed ? FIELDS_MAX : reader->key_count);
    if (take(reader, '}'))
        return true;
    for (int place = 1;; place++) {
        if (!push_key(reader, place))
            return false;
        if (first)
            learn_key(reader, place);
        if (!take(reader, ':') || !(reader->mixed ? push_scalar : push_value)(reader))
            return false;
        lua_rawset(L, -3);
        if (take(reader, '}'))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

/* Fills the list at the top of the stack with the rows that follow. [-0, +?, m] */
static bool fill_list(struct reader *reader)
{
    int list = lua_gettop(reader->L);
    if (!take(reader, '['))
        return false;
    for (lua_Integer i = 1;; i++) {
        if (!push_row(reader, i == 1))
            return false;
        lua_rawseti(reader->L, list, i);
        if (take(reader, ']'))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

/* Pushes a list of the keys. [-0, +1, m] */
static void push_keys(const struct reader *reader)
{
    lua_createtable(reader->L, reader->key_count, 0);
    for (int place = 1; place <= reader->key_count; place++) {
        lua_pushvalue(reader->L, reader->keys + place);
        lua_rawseti(reader->L, -2, place);
    }
}

/*
 * native.json_rows(text) -> the list of objects, or nothing where it is anything else, an empty
 * list included; and a list of all their keys, where each has those of the first one. The text must
 * be UTF-8. [-0, +2, v]
 */
static int l_json_rows(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct reader reader = {.L = L, .at = text, .keys = 1};
    luaL_checkstack(L, KEYS_MAX + LUA_MINSTACK, NULL);
    lua_settop(L, 1 + KEYS_MAX);
    lua_newtable(L);
    int list = lua_gettop(L);
    if (!fill_list(&reader))
        return 0;
    skip_blanks(&reader);
    lua_settop(L, list);
    if (reader.at != text + length)
        return 0;
    if (!reader.alike)
        return 1;
    push_keys(&reader);
    return 2;
}

/*
 * native.json_flat(text) -> the object of strings, whole numbers and booleans, or nothing where it
 * is anything else. The text must be UTF-8. [-0, +(0|1), v]
 */
static int l_json_flat(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    struct reader reader = {.L = L, .at = text, .mixed = true};
    if (!push_row(&reader, false))
        return 0;
    skip_blanks(&reader);
    return reader.at == text + length ? 1 : 0;
}

void xr_native_add_rows_read(lua_State *L)
{
    lua_pushcfunction(L, l_json_flat);
    lua_setfield(L, -2, "json_flat");
    lua_pushcfunction(L, l_json_rows);
    lua_setfield(L, -2, "json_rows");
}
