/* Placeholder until its owner writes it. */
#include "native.h"

void xr_native_add_token(lua_State *L)
{
    (void)L;
}
