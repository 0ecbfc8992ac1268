/*
 * A connection to a PostgreSQL server, and statements on it: what each state of several machines is
 * built of. It knows nothing of what the statements mean; that is for lua/xero/state_postgres.lua.
 *
 * Every wait has an end: the seconds given, and a descriptor that becomes readable when a signal
 * came. A wait that ended so closes the connection, for nobody knows what the server made of the
 * statement; so does a connection that is lost.
 *
 * Values that are secrets are bound as bytes, and come as the type bytea. libpq's buffers for the
 * socket are overwritten by xr_postgres_scrub.
 */
#ifndef XR_POSTGRES_H
#define XR_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>

#include "postgres_result.h"

enum xr_postgres_status {
    XR_POSTGRES_OK,
    XR_POSTGRES_MISSING, /* libpq is not installed, or too old */
    XR_POSTGRES_LOST, /* no connection was made, or it broke: a statement may have been done */
    XR_POSTGRES_INTERRUPTED, /* a signal came while waiting; as LOST */
    XR_POSTGRES_REFUSED, /* the server says no: sqlstate says what kind of no */
};

struct xr_postgres_error {
    enum xr_postgres_status status;
    char sqlstate[6]; /* of the server, or "" (PostgreSQL's manual, appendix A) */
    char message[1024]; /* one line, without values and passwords */
};

struct xr_postgres;

/* A value to bind; bytes is NULL for SQL's NULL. A text ends with a NUL, a secret has its length.
 */
struct xr_postgres_value {
    const char *bytes;
    size_t length;
    bool secret;
};

/* How long to wait, at most, and what ends that early: -1 for nothing. */
struct xr_postgres_patience {
    double seconds;
    int wake_fd;
};

/*
 * Connects by a URL (postgresql://...), libpq's own environment and files. sslmode, unless it is
 * NULL, counts where the URL has none. Sets *connection to what the caller closes, or to NULL.
 */
enum xr_postgres_status xr_postgres_open(const char *url, const char *sslmode,
                                         struct xr_postgres_patience patience,
                                         struct xr_postgres **connection,
                                         struct xr_postgres_error *error);

/* Closes it; an open transaction is rolled back by the server. NULL is allowed. */
void xr_postgres_close(struct xr_postgres *connection);

/*
 * Runs one statement with values for $1 and so on. All columns must be of the types text and bytea,
 * or be cast to them.
 */
enum xr_postgres_status xr_postgres_run(struct xr_postgres *connection, const char *sql,
                                        const struct xr_postgres_value *values, size_t count,
                                        struct xr_postgres_patience patience,
                                        struct xr_postgres_error *error);

/* The rows of the statement that was run well, the connection's own until it is forgotten, or the
 * next one is run. */
const struct xr_postgres_result *xr_postgres_result(const struct xr_postgres *connection);

/* Wipes and frees those rows. Does nothing where there are none. */
void xr_postgres_forget(struct xr_postgres *connection);

/* Runs statements without values, separated by semicolons, in one round trip. */
enum xr_postgres_status xr_postgres_script(struct xr_postgres *connection, const char *sql,
                                           struct xr_postgres_patience patience,
                                           struct xr_postgres_error *error);

/* Overwrites what the buffers of the socket may hold of secrets. Does nothing where none passed. */
enum xr_postgres_status xr_postgres_scrub(struct xr_postgres *connection,
                                          struct xr_postgres_patience patience,
                                          struct xr_postgres_error *error);

/* What doctor shows. */
struct xr_postgres_about {
    int server; /* 150018 is 15.18 */
    int libpq;
    bool tls;
};
struct xr_postgres_about xr_postgres_about(const struct xr_postgres *connection);

#endif
