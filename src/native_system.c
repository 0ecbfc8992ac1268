/* Placeholder until its owner writes it. */
#include "native.h"

void xr_native_add_system(lua_State *L)
{
    (void)L;
}
