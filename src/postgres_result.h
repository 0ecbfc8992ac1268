/*
 * The rows that a statement gave. What is of the type bytea is a secret: libpq's memory for it is
 * wiped with the result. It belongs to its connection.
 */
#ifndef XR_POSTGRES_RESULT_H
#define XR_POSTGRES_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "pq.h"

struct xr_postgres_result {
    const struct xr_pq *pq;
    struct pg_result *rows; /* owned; NULL while there are none */
};

/* Puts other rows, or none (NULL), in place of those that it has, which are wiped and freed. */
void xr_postgres_result_set(struct xr_postgres_result *result, struct pg_result *rows);

/* The functions below want one that has rows. */

size_t xr_postgres_result_rows(const struct xr_postgres_result *result);
size_t xr_postgres_result_columns(const struct xr_postgres_result *result);

/* Whether the column is of type bytea. */
bool xr_postgres_result_is_secret(const struct xr_postgres_result *result, size_t column);

/* The bytes of a value, the result's own; NULL for SQL's NULL. */
const char *xr_postgres_result_value(const struct xr_postgres_result *result, size_t row,
                                     size_t column, size_t *length);

/* The length of the longest secret in it; 0 where there is none. */
size_t xr_postgres_result_longest_secret(const struct xr_postgres_result *result);

#endif
