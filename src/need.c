/* Memory for lua-cjson, or the end of the process; see need.h. */
#include "need.h"

#include <stdio.h>
#include <stdlib.h>

static void *needed(void *block)
{
    if (block != NULL)
        return block;
    (void)fputs("xero-run: not enough memory\n", stderr);
    exit(EXIT_FAILURE);
}

void *xr_need_malloc(size_t size)
{
    return needed(malloc(size));
}

void *xr_need_realloc(void *block, size_t size)
{
    return needed(realloc(block, size));
}
