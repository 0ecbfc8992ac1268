/*
 * libpq, PostgreSQL's client library, loaded when it is first needed: whose state is in files needs
 * none. What is used of it is declared here as libpq's manual has it (chapter "libpq - C Library"),
 * so that building needs no headers of it either.
 */
#ifndef XR_PQ_H
#define XR_PQ_H

#include <stdbool.h>
#include <stddef.h>

struct pg_conn;
struct pg_result;

enum { XR_PQ_CONNECTION_OK, XR_PQ_CONNECTION_BAD }; /* of ConnStatusType */

enum { XR_PQ_POLLING_FAILED, XR_PQ_POLLING_READING, XR_PQ_POLLING_WRITING, XR_PQ_POLLING_OK };

enum { XR_PQ_COMMAND_OK = 1, XR_PQ_TUPLES_OK = 2 }; /* of ExecStatusType */

enum { XR_PQ_DIAG_SQLSTATE = 'C', XR_PQ_DIAG_MESSAGE = 'M' };

struct xr_pq {
    void *library; /* NULL while it is not loaded */
    struct pg_conn *(*connect_start)(const char *const *keywords, const char *const *values,
                                     int expand_dbname);
    int (*connect_poll)(struct pg_conn *connection);
    int (*socket)(const struct pg_conn *connection);
    int (*status)(const struct pg_conn *connection);
    char *(*error_message)(const struct pg_conn *connection);
    int (*server_version)(const struct pg_conn *connection);
    int (*ssl_in_use)(struct pg_conn *connection);
    void (*finish)(struct pg_conn *connection);
    int (*set_nonblocking)(struct pg_conn *connection, int nonblocking);
    void (*(*set_notice_processor)(struct pg_conn *connection,
                                   void (*process)(void *argument, const char *message),
                                   void *argument))(void *argument, const char *message);
    int (*send_query)(struct pg_conn *connection, const char *sql);
    int (*send_query_params)(struct pg_conn *connection, const char *sql, int count,
                             const unsigned *types, const char *const *values, const int *lengths,
                             const int *formats, int result_format);
    int (*flush)(struct pg_conn *connection);
    int (*consume_input)(struct pg_conn *connection);
    int (*is_busy)(struct pg_conn *connection);
    struct pg_result *(*get_result)(struct pg_conn *connection);
    int (*result_status)(const struct pg_result *result);
    char *(*result_error_field)(const struct pg_result *result, int field);
    int (*ntuples)(const struct pg_result *result);
    int (*nfields)(const struct pg_result *result);
    unsigned (*ftype)(const struct pg_result *result, int column);
    char *(*getvalue)(const struct pg_result *result, int row, int column);
    int (*getlength)(const struct pg_result *result, int row, int column);
    int (*getisnull)(const struct pg_result *result, int row, int column);
    void (*clear)(struct pg_result *result);
    int (*lib_version)(void);
};

/* Loads it into *pq, which the caller unloads. False with why, a text for people. */
bool xr_pq_load(struct xr_pq *pq, char *why, size_t size);

/* Does nothing where none is loaded. */
void xr_pq_unload(struct xr_pq *pq);

#endif
