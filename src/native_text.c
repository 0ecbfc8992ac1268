/*
 * What looks at every byte of a text, which Lua could do too but not as fast: a list of ten
 * thousand connections is 3 MB to read and seventy thousand texts to write.
 */
#include "native_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "identity.h"

/* How many of the bytes at the beginning are printable ASCII. */
static size_t skip_plain(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && text[i] >= ' ' && text[i] <= '~')
        i++;
    return i;
}

bool xr_text_is_plain(const char *text, size_t length)
{
    return skip_plain(text, length) == length;
}

/* native.is_plain(text) -> whether each byte is a printable ASCII character. [-0, +1, v] */
static int l_is_plain(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_pushboolean(L, xr_text_is_plain(text, length));
    return 1;
}

/* How many of the bytes at the beginning are ASCII, in steps of eight. */
static size_t skip_ascii(const unsigned char *text, size_t length)
{
    size_t i = 0;
    for (uint64_t bytes; i + sizeof bytes <= length; i += sizeof bytes) {
        memcpy(&bytes, text + i, sizeof bytes);
        if ((bytes & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return i;
}

/* The length of the character that begins the text, 0 where none does (RFC 3629, section 4). */
static size_t character(const unsigned char *text, size_t length)
{
    unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size > length)
        return 0;
    /* Not overlong, no surrogate, not beyond U+10FFFF: the second byte tells. */
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < least || text[1] > most)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

/*
 * native.check_utf8(text) -> true, or nil and the position of the first character that is no
 * UTF-8, as utf8.len has it. [-0, +1|2, v]
 */
static int l_check_utf8(lua_State *L)
{
    size_t length;
    const unsigned char *text = (const unsigned char *)luaL_checklstring(L, 1, &length);
    for (size_t i = 0; i < length;) {
        i += skip_ascii(text + i, length - i);
        size_t size = i < length ? character(text + i, length - i) : 0;
        if (size == 0 && i < length) {
            lua_pushnil(L);
            lua_pushinteger(L, (lua_Integer)i + 1);
            return 2;
        }
        i += size;
    }
    lua_pushboolean(L, true);
    return 1;
}

/*
 * Characters beyond ASCII that a terminal obeys in place of showing them: C1 controls (U+009B
 * begins a sequence as ESC [ does), marks, embeddings, overrides and isolates of the direction of
 * writing, separators of lines and paragraphs.
 */
static bool is_obeyed(unsigned code)
{
    return (code >= 0x80 && code <= 0x9F) || code == 0x61C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* The code of a character of two or three bytes, 0 for any other: those are all shown. */
static unsigned code_of(const unsigned char *text, size_t size)
{
    if (size == 2)
        return (text[0] & 0x1FU) << 6 | (text[1] & 0x3FU);
    if (size == 3)
        return (text[0] & 0x0FU) << 12 | (text[1] & 0x3FU) << 6 | (text[2] & 0x3FU);
    return 0;
}

static void add_escape(luaL_Buffer *buffer, const char *format, unsigned code)
{
    char escape[16];
    (void)snprintf(escape, sizeof escape, format, code);
    luaL_addstring(buffer, escape);
}

/* Adds an ASCII character that is not printable. */
static void add_control(luaL_Buffer *buffer, unsigned char byte)
{
    switch (byte) {
    case '\t':
        luaL_addstring(buffer, "\\t");
        break;
    case '\n':
        luaL_addstring(buffer, "\\n");
        break;
    case '\r':
        luaL_addstring(buffer, "\\r");
        break;
    default:
        add_escape(buffer, "\\x%02x", byte);
    }
}

/*
 * native.printable(text) -> the text with visible escapes such as \x1b, \n and \u{202e} in place of
 * what is obeyed rather than shown, and of bytes that are no UTF-8. [-0, +1, v]
 */
static int l_printable(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    size_t at = skip_plain(text, length);
    lua_settop(L, 1);
    if (at == length)
        return 1;
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    luaL_addlstring(&buffer, text, at);
    while (at < length) {
        const unsigned char *bytes = (const unsigned char *)text + at;
        size_t plain = skip_plain(text + at, length - at);
        size_t size = plain > 0 ? plain : character(bytes, length - at);
        if (size == 0)
            add_escape(&buffer, "\\x%02x", bytes[0]);
        else if (plain == 0 && size == 1)
            add_control(&buffer, bytes[0]);
        else if (plain == 0 && is_obeyed(code_of(bytes, size)))
            add_escape(&buffer, "\\u{%x}", code_of(bytes, size));
        else
            luaL_addlstring(&buffer, text + at, size);
        at += size > 0 ? size : 1;
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* Adds a character that stands for itself in no string of JSON (RFC 8259, section 7). */
static void add_json_escape(luaL_Buffer *buffer, unsigned code)
{
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = code != 0 && code < 0x80 ? strchr(escaped, (int)code) : NULL;
    if (found == NULL) {
        add_escape(buffer, "\\u%04x", code);
        return;
    }
    luaL_addchar(buffer, '\\');
    luaL_addchar(buffer, letters[found - escaped]);
}

bool xr_text_add_json(luaL_Buffer *buffer, const char *text, size_t length)
{
    size_t done = 0; /* what is before it has been added */
    luaL_addchar(buffer, '"');
    for (size_t at = 0; at < length;) {
        const unsigned char *bytes = (const unsigned char *)text + at;
        if (bytes[0] >= ' ' && bytes[0] <= '~' && bytes[0] != '"' && bytes[0] != '\\') {
            at++;
            continue;
        }
        size_t size = character(bytes, length - at);
        if (size == 0)
            return false;
        unsigned code = size == 1 ? bytes[0] : code_of(bytes, size);
        /* What a terminal obeys is legal in JSON, but its escape is the same JSON and safe. */
        if (size == 1 || is_obeyed(code)) {
            luaL_addlstring(buffer, text + done, at - done);
            add_json_escape(buffer, code);
            done = at + size;
        }
        at += size;
    }
    luaL_addlstring(buffer, text + done, length - done);
    luaL_addchar(buffer, '"');
    return true;
}

/* native.uuid(value) -> the UUID in lower case, nil where the value is none. [-0, +1, m] */
static int l_uuid(lua_State *L)
{
    size_t length = 0;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : NULL;
    char normal[XR_UUID_LENGTH];
    if (length != sizeof normal || !xr_identity_is_uuid(text)) {
        lua_pushnil(L);
        return 1;
    }
    for (size_t i = 0; i < length; i++)
        normal[i] = (char)(text[i] | (text[i] >= 'A' ? 'a' - 'A' : 0));
    lua_pushlstring(L, normal, length);
    return 1;
}

/* native.json_string(text) -> the text as a string of JSON; nil where it is no UTF-8. [-0, +1, v]
 */
static int l_json_string(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    if (xr_text_add_json(&buffer, text, length))
        luaL_pushresult(&buffer);
    else
        lua_pushnil(L);
    return 1;
}

/* native.json_values(text) -> how many values a text of JSON has, or some more: a comma, a list and
 * an object may bring one each, within a string too. [-0, +1, v] */
static int l_json_values(lua_State *L)
{
    size_t length, count = 1;
    const char *text = luaL_checklstring(L, 1, &length);
    for (size_t i = 0; i < length; i++)
        count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* Adds the value of a field, at this index; false for a text that is no UTF-8. [-0, +?, v] */
static bool add_field_value(lua_State *L, luaL_Buffer *buffer, int index)
{
    size_t length;
    if (lua_isboolean(L, index)) {
        luaL_addstring(buffer, lua_toboolean(L, index) ? "true" : "false");
        return true;
    }
    bool quoted = lua_type(L, index) == LUA_TSTRING;
    const char *text = luaL_checklstring(L, index, &length);
    if (quoted)
        return xr_text_add_json(buffer, text, length);
    luaL_addlstring(buffer, text, length);
    return true;
}

/*
 * native.json_fields(key, value, ...) -> fields of an object of JSON, each with a comma before it.
 * The keys need no escape; the values are texts, numbers, booleans, or nil where there is no such
 * field. nil where a text is no UTF-8. [-0, +1, v]
 */
static int l_json_fields(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int key = 1; key < count; key += 2) {
        if (lua_isnil(L, key + 1))
            continue;
        luaL_addstring(&buffer, ",\"");
        luaL_addstring(&buffer, luaL_checkstring(L, key));
        luaL_addstring(&buffer, "\":");
        if (!add_field_value(L, &buffer, key + 1))
            return 0;
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* native.json_texts(key, value, ...) -> the same of values that are to be texts, or nil: nil where
 * one is anything else, too. [-0, +1, v] */
static int l_json_texts(lua_State *L)
{
    int count = lua_gettop(L);
    for (int value = 2; value <= count; value += 2)
        if (!lua_isnil(L, value) && lua_type(L, value) != LUA_TSTRING)
            return 0;
    return l_json_fields(L);
}

void xr_native_add_text(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"is_plain", l_is_plain},
        {"check_utf8", l_check_utf8},
        {"printable", l_printable},
        {"uuid", l_uuid},
        {"json_string", l_json_string},
        {"json_values", l_json_values},
        {"json_fields", l_json_fields},
        {"json_texts", l_json_texts},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
