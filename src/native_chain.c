/*
 * The chain of a journal: lua/xero/journal.lua says what its lines hold, here each gets its number
 * and the hashes of the line before it and of its own. Two lines are made for each disconnect, so
 * they are written where they are to stand, and hashed there.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "native.h"

/* Of each line that is waiting: by how much it changes the count of the unfinished, and its fields,
 * in two parts. */
#define PARTS 3

/* What a line takes beside its head and its fields, in bytes: two numbers, two hashes, the keys. */
#define FRAME_MAX ((size_t)256)

struct chain {
    const char *head; /* each line begins with it */
    lua_Integer seq, open; /* of the last line */
    char prev[XR_SHA256_HEX_SIZE]; /* its hash */
};

/* How many lines are waiting, in the list at index. Raises where that is none. [-0, +0, v] */
static lua_Integer count_lines(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    lua_Unsigned length = lua_rawlen(L, index);
    luaL_argcheck(L, length % PARTS == 0 && length / PARTS <= INT_MAX, index, "half a line");
    return (lua_Integer)(length / PARTS);
}

/* Pushes the parts of a line: a number and two texts. [-0, +PARTS, -] */
static void push_parts(lua_State *L, int index, lua_Integer line)
{
    for (int part = 1; part <= PARTS; part++)
        (void)lua_rawgeti(L, index, line * PARTS + part);
}

/* The most bytes that the lines may take; they are known to be sound after that. [-0, +0, v] */
static size_t measure(lua_State *L, int index, lua_Integer count, size_t head)
{
    size_t size = 0;
    for (lua_Integer line = 0; line < count; line++) {
        push_parts(L, index, line);
        luaL_argcheck(L,
                      lua_isinteger(L, -3) && lua_type(L, -2) == LUA_TSTRING &&
                          lua_type(L, -1) == LUA_TSTRING,
                      index, "not a line");
        size += head + lua_rawlen(L, -2) + lua_rawlen(L, -1) + FRAME_MAX;
        lua_pop(L, PARTS);
    }
    return size;
}

static char *put(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    return at + length;
}

static char *put_text(char *at, const char *text)
{
    return put(at, text, strlen(text));
}

static char *put_number(char *at, lua_Integer number)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    return put(at, digits, (size_t)length);
}

/* Pops a text and puts it there. [-1, +0, -] */
static char *put_part(lua_State *L, char *at)
{
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    at = put(at, text, length);
    lua_pop(L, 1);
    return at;
}

/* Puts the line whose parts are at the top; gives its end, NULL where it cannot be hashed.
 * [-PARTS, +0, -] */
static char *put_line(lua_State *L, struct chain *chain, struct xr_sha256 *sha256, char *at)
{
    unsigned char digest[XR_SHA256_SIZE];
    const char *start = at;
    at = put_text(at, chain->head);
    at = put_number(at, ++chain->seq);
    lua_insert(L, -2);
    at = put_part(L, at);
    at = put_part(L, at);
    chain->open += lua_tointeger(L, -1);
    lua_pop(L, 1);
    at = put_number(put_text(at, ",\"open\":"), chain->open);
    at = put(put_text(at, ",\"prev\":\""), chain->prev, sizeof chain->prev);
    at = put_text(at, "\"");
    if (!xr_sha256_digest(sha256, start, (size_t)(at - start), digest))
        return NULL;
    xr_crypto_hex(digest, chain->prev);
    at = put(put_text(at, ",\"hash\":\""), chain->prev, sizeof chain->prev);
    return put_text(at, "\"}\n");
}

/* Puts them all; false where they cannot be hashed. Nothing here raises. [-0, +0, -] */
static bool put_lines(lua_State *L, struct chain *chain, int index, lua_Integer count, char **at)
{
    struct xr_sha256 *sha256 = xr_sha256_new();
    for (lua_Integer line = 0; line < count && *at != NULL; line++) {
        push_parts(L, index, line);
        *at = sha256 == NULL ? NULL : put_line(L, chain, sha256, *at);
    }
    xr_sha256_free(sha256);
    return *at != NULL;
}

/* The hash at index, which is to be the one before the first line. [-0, +0, v] */
static void check_prev(lua_State *L, int index, struct chain *chain)
{
    size_t length;
    const char *prev = luaL_checklstring(L, index, &length);
    luaL_argcheck(L, length == sizeof chain->prev, index, "not a hash");
    memcpy(chain->prev, prev, length);
}

/*
 * native.chain(head, seq, open, prev, waiting) -> the lines, and seq, open and prev of the last one
 *
 * The lines follow the one that seq, open and prev are of. `waiting` lists their parts, each line's
 * after those of the one before: by how much it changes `open`, and its fields in two texts, each
 * with a comma before it. [-0, +4, v]
 */
static int l_chain(lua_State *L)
{
    struct chain chain = {.head = luaL_checkstring(L, 1),
                          .seq = luaL_checkinteger(L, 2),
                          .open = luaL_checkinteger(L, 3)};
    check_prev(L, 4, &chain);
    lua_Integer count = count_lines(L, 5);
    size_t size = measure(L, 5, count, strlen(chain.head));
    luaL_Buffer buffer;
    char *start = luaL_buffinitsize(L, &buffer, size), *at = start;
    if (!put_lines(L, &chain, 5, count, &at))
        return luaL_error(L, "SHA-256 is not available: OpenSSL or memory is missing");
    luaL_pushresultsize(&buffer, (size_t)(at - start));
    lua_pushinteger(L, chain.seq);
    lua_pushinteger(L, chain.open);
    lua_pushlstring(L, chain.prev, sizeof chain.prev);
    return 4;
}

void xr_native_add_chain(lua_State *L)
{
    lua_pushcfunction(L, l_chain);
    lua_setfield(L, -2, "chain");
}
