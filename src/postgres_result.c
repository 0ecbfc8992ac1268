/* The rows that a statement gave; see postgres_result.h. */
#include "postgres_result.h"

#include <string.h>

#define BYTEA 17 /* pg_type's oid of it, the same in every version */

static void wipe(const struct xr_postgres_result *result)
{
    const struct xr_pq *pq = result->pq;
    for (int row = 0; row < pq->ntuples(result->rows); row++)
        for (int column = 0; column < pq->nfields(result->rows); column++)
            if (pq->ftype(result->rows, column) == BYTEA)
                explicit_bzero(pq->getvalue(result->rows, row, column),
                               (size_t)pq->getlength(result->rows, row, column));
}

void xr_postgres_result_set(struct xr_postgres_result *result, struct pg_result *rows)
{
    if (result->rows) {
        wipe(result);
        result->pq->clear(result->rows);
    }
    result->rows = rows;
}

size_t xr_postgres_result_rows(const struct xr_postgres_result *result)
{
    return (size_t)result->pq->ntuples(result->rows);
}

size_t xr_postgres_result_columns(const struct xr_postgres_result *result)
{
    return (size_t)result->pq->nfields(result->rows);
}

bool xr_postgres_result_is_secret(const struct xr_postgres_result *result, size_t column)
{
    return result->pq->ftype(result->rows, (int)column) == BYTEA;
}

const char *xr_postgres_result_value(const struct xr_postgres_result *result, size_t row,
                                     size_t column, size_t *length)
{
    *length = (size_t)result->pq->getlength(result->rows, (int)row, (int)column);
    if (result->pq->getisnull(result->rows, (int)row, (int)column))
        return NULL;
    return result->pq->getvalue(result->rows, (int)row, (int)column);
}

size_t xr_postgres_result_longest_secret(const struct xr_postgres_result *result)
{
    const struct xr_pq *pq = result->pq;
    int longest = 0;
    for (int row = 0; row < pq->ntuples(result->rows); row++)
        for (int column = 0; column < pq->nfields(result->rows); column++)
            if (pq->ftype(result->rows, column) == BYTEA &&
                pq->getlength(result->rows, row, column) > longest)
                longest = pq->getlength(result->rows, row, column);
    return (size_t)longest;
}
