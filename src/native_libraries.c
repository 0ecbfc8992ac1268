/* native.libraries(): what this program runs on, for `doctor`. */
#include <curl/curl.h>
#include <microhttpd.h>
#include <openssl/crypto.h>

#include "native.h"

/*
 * libraries() -> { libcurl =, tls = what libcurl has for TLS, http2 = boolean, openssl =,
 * libmicrohttpd = }, versions as texts. [-0, +1, m]
 */
static int l_native_libraries(lua_State *L)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    lua_createtable(L, 0, 5);
    lua_pushstring(L, curl->version);
    lua_setfield(L, -2, "libcurl");
    lua_pushstring(L, curl->ssl_version);
    lua_setfield(L, -2, "tls");
    lua_pushboolean(L, (curl->features & CURL_VERSION_HTTP2) != 0);
    lua_setfield(L, -2, "http2");
    lua_pushstring(L, OpenSSL_version(OPENSSL_VERSION_STRING));
    lua_setfield(L, -2, "openssl");
    lua_pushstring(L, MHD_get_version());
    lua_setfield(L, -2, "libmicrohttpd");
    return 1;
}

void xr_native_add_libraries(lua_State *L)
{
    lua_pushcfunction(L, l_native_libraries);
    lua_setfield(L, -2, "libraries");
}
