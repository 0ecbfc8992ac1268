/* What the system offers to lua/xero: clocks, sleep, randomness, digests, terminals. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>
#include <wchar.h>

#include "clock.h"
#include "crypto.h"
#include "interrupt.h"
#include "native.h"

static int l_native_now(lua_State *L)
{
    lua_pushnumber(L, xr_clock_now());
    return 1;
}

static int l_native_monotonic(lua_State *L)
{
    lua_pushnumber(L, xr_clock_monotonic());
    return 1;
}

/* sleep(seconds): true when slept in full, nil when a signal came (or had come before). */
static int l_native_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, !isnan(seconds), 1, "not a number");
    double end = xr_clock_monotonic() + seconds;
    double left = seconds;
    do {
        struct pollfd signalled = {.fd = xr_interrupt_fd(), .events = POLLIN};
        double wait = left < 0 ? 0 : left < 3600 ? left : 3600;
        /* Rounded up: a sleep that ends early would spin. */
        int ready = poll(&signalled, 1, (int)ceil(wait * 1000));
        if (ready > 0) {
            lua_pushnil(L);
            return 1;
        }
        if (ready < 0 && errno != EINTR)
            return luaL_error(L, "poll: %s", strerror(errno));
        left = end - xr_clock_monotonic();
    } while (left > 0);
    lua_pushboolean(L, 1);
    return 1;
}

/* The kernel's generator; it gives up to 256 bytes without interruption. */
static void fill_random(lua_State *L, unsigned char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        size_t part = length - done < 256 ? length - done : 256;
        if (getrandom(bytes + done, part, 0) != (ssize_t)part)
            luaL_error(L, "getrandom: %s", strerror(errno));
        done += part;
    }
}

static int l_native_random(lua_State *L)
{
    unsigned long long bits;
    fill_random(L, (unsigned char *)&bits, sizeof bits);
    lua_pushnumber(L, (double)(bits >> 11) / 9007199254740992.0); /* 53 bits, 2^53 */
    return 1;
}

static int l_native_random_bytes(lua_State *L)
{
    lua_Integer length = luaL_checkinteger(L, 1);
    luaL_argcheck(L, length >= 0 && length <= 65536, 1, "out of range");
    luaL_Buffer buffer;
    char *bytes = luaL_buffinitsize(L, &buffer, (size_t)length);
    fill_random(L, (unsigned char *)bytes, (size_t)length);
    luaL_pushresultsize(&buffer, (size_t)length);
    return 1;
}

/* The SHA-256 of the text at index 1. [-0, +0, v] */
static void check_sha256(lua_State *L, unsigned char digest[XR_SHA256_SIZE])
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    if (!xr_crypto_sha256(text, length, digest))
        luaL_error(L, "SHA-256 is not available: OpenSSL or memory is missing");
}

static int l_native_sha256(lua_State *L)
{
    unsigned char digest[XR_SHA256_SIZE];
    check_sha256(L, digest);
    lua_pushlstring(L, (const char *)digest, sizeof digest);
    return 1;
}

/* In hexadecimal digits, in lower case. */
static int l_native_sha256_hex(lua_State *L)
{
    unsigned char digest[XR_SHA256_SIZE];
    char text[XR_SHA256_HEX_SIZE];
    check_sha256(L, digest);
    xr_crypto_hex(digest, text);
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

/* RFC 4648 section 5, without padding. */
static int l_native_base64url(lua_State *L)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length;
    const unsigned char *bytes = (const unsigned char *)luaL_checklstring(L, 1, &length);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned int group = (unsigned int)bytes[i] << 16;
        group |= left > 1 ? (unsigned int)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? (unsigned int)bytes[i + 2] : 0;
        luaL_addchar(&buffer, digits[group >> 18]);
        luaL_addchar(&buffer, digits[group >> 12 & 63]);
        if (left > 1)
            luaL_addchar(&buffer, digits[group >> 6 & 63]);
        if (left > 2)
            luaL_addchar(&buffer, digits[group & 63]);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static int check_fd(lua_State *L, int index)
{
    lua_Integer fd = luaL_checkinteger(L, index);
    luaL_argcheck(L, fd >= 0 && fd <= 2, index, "0, 1 or 2 expected");
    return (int)fd;
}

static int l_native_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty(check_fd(L, 1)));
    return 1;
}

static int l_native_columns(lua_State *L)
{
    struct winsize size;
    if (ioctl(check_fd(L, 1), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        lua_pushinteger(L, size.ws_col);
    else
        lua_pushnil(L);
    return 1;
}

static int l_locale_gc(lua_State *L)
{
    locale_t *locale = lua_touserdata(L, 1);
    if (*locale != (locale_t)0)
        freelocale(*locale);
    *locale = (locale_t)0;
    return 0;
}

/* The columns of length bytes of UTF-8; what is no character or has no width of its own counts 0.
 */
static lua_Integer measure(const char *text, size_t length)
{
    lua_Integer columns = 0;
    mbstate_t conversion = {0};
    while (length > 0) {
        wchar_t character;
        size_t used = mbrtowc(&character, text, length, &conversion);
        if (used == (size_t)-1 || used == (size_t)-2) {
            conversion = (mbstate_t){0};
            used = 1;
        } else if (used == 0) {
            used = 1;
        } else {
            int width = wcwidth(character);
            columns += width > 0 ? width : 0;
        }
        text += used;
        length -= used;
    }
    return columns;
}

/* width(text): upvalue 1 holds the locale, made at the first call. The program's own stays "C". */
static int l_native_width(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    locale_t *locale = lua_touserdata(L, lua_upvalueindex(1));
    if (*locale == (locale_t)0)
        *locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (*locale == (locale_t)0)
        return luaL_error(L, "the locale C.UTF-8 is missing");
    locale_t before = uselocale(*locale);
    lua_Integer columns = measure(text, length);
    (void)uselocale(before);
    lua_pushinteger(L, columns);
    return 1;
}

/* Adds width() with its locale, which is made when it is first needed. [-0, +0, m] */
static void add_width(lua_State *L)
{
    locale_t *locale = lua_newuserdatauv(L, sizeof *locale, 0);
    *locale = (locale_t)0;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_locale_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pushcclosure(L, l_native_width, 1);
    lua_setfield(L, -2, "width");
}

void xr_native_add_system(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"now", l_native_now},
        {"monotonic", l_native_monotonic},
        {"sleep", l_native_sleep},
        {"random", l_native_random},
        {"random_bytes", l_native_random_bytes},
        {"sha256", l_native_sha256},
        {"sha256_hex", l_native_sha256_hex},
        {"base64url", l_native_base64url},
        {"isatty", l_native_isatty},
        {"columns", l_native_columns},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
    add_width(L);
}
