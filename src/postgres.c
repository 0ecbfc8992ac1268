/* A connection to a PostgreSQL server. See postgres.h. */
#include "postgres.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "pq.h"

#define VALUES_MAX 16

/* More than the statements and headers that stand before a secret in libpq's buffers. */
#define SCRUB_MORE 4096

struct xr_postgres {
    struct xr_pq pq;
    struct pg_conn *conn; /* NULL once it is lost */
    struct xr_postgres_result result; /* of the last statement */
    size_t exposed; /* bytes of the longest secret that passed since the last scrub */
};

/* Errors --------------------------------------------------------------------------------------- */

/* Sets the error; a message of several lines becomes one. Returns its status. */
static enum xr_postgres_status set(struct xr_postgres_error *error, enum xr_postgres_status status,
                                   const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum xr_postgres_status set(struct xr_postgres_error *error, enum xr_postgres_status status,
                                   const char *format, ...)
{
    error->status = status;
    error->sqlstate[0] = '\0';
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    size_t length = strlen(error->message);
    while (length > 0 && error->message[length - 1] == '\n')
        error->message[--length] = '\0';
    for (char *byte = error->message; *byte != '\0'; byte++)
        if (*byte == '\n' || *byte == '\t')
            *byte = ' ';
    return status;
}

static void drop(struct xr_postgres *connection)
{
    if (connection->conn)
        connection->pq.finish(connection->conn);
    connection->conn = NULL;
}

/* The connection broke, as libpq says. */
static enum xr_postgres_status lose(struct xr_postgres *connection, struct xr_postgres_error *error)
{
    const char *why = connection->conn ? connection->pq.error_message(connection->conn) : "";
    (void)set(error, XR_POSTGRES_LOST, "%s", why[0] != '\0' ? why : "the connection is closed");
    drop(connection);
    return XR_POSTGRES_LOST;
}

/* The first of a statement's errors, from the result that brought it. */
static void note_refusal(const struct xr_pq *pq, const struct pg_result *result,
                         struct xr_postgres_error *error)
{
    const char *message = pq->result_error_field(result, XR_PQ_DIAG_MESSAGE);
    const char *state = pq->result_error_field(result, XR_PQ_DIAG_SQLSTATE);
    (void)set(error, XR_POSTGRES_REFUSED, "%s", message ? message : "the statement failed");
    (void)snprintf(error->sqlstate, sizeof error->sqlstate, "%s", state ? state : "");
}

/* Waiting -------------------------------------------------------------------------------------- */

struct wait {
    double end;
    double seconds;
    int wake_fd;
};

static struct wait begin(struct xr_postgres_patience patience)
{
    return (struct wait){xr_clock_monotonic() + patience.seconds, patience.seconds,
                         patience.wake_fd};
}

/* Waits until the socket is ready for one of the events. */
static enum xr_postgres_status wait_for(struct xr_postgres *connection, short events,
                                        const struct wait *wait, struct xr_postgres_error *error)
{
    for (;;) {
        double left = wait->end - xr_clock_monotonic();
        if (left <= 0)
            return set(error, XR_POSTGRES_LOST, "no answer within %g s", wait->seconds);
        struct pollfd fds[] = {
            {.fd = connection->pq.socket(connection->conn), .events = events},
            {.fd = wait->wake_fd, .events = POLLIN},
        };
        int ready = poll(fds, 2, left < 3600 ? (int)(left * 1000) + 1 : INT_MAX);
        if (ready < 0 && errno != EINTR)
            return set(error, XR_POSTGRES_LOST, "cannot wait: %s", strerror(errno));
        if (ready > 0 && fds[1].revents != 0)
            return set(error, XR_POSTGRES_INTERRUPTED, "interrupted");
        if (ready > 0)
            return XR_POSTGRES_OK;
    }
}

/* Opening and closing -------------------------------------------------------------------------- */

/* Notices are for people at a terminal of psql. */
static void ignore_notice(void *argument, const char *message)
{
    (void)argument;
    (void)message;
}

/* Starts to connect. What stands before the URL counts where that says nothing of it; libpq passes
 * over a value that is NULL. */
static struct pg_conn *start(const struct xr_pq *pq, const char *url, const char *sslmode)
{
    static const char *const keywords[] = {
        "fallback_application_name",
        "keepalives_idle",
        "sslmode",
        "dbname",
        "client_encoding",
        NULL,
    };
    const char *const values[] = {"xero-run", "15", sslmode, url, "UTF8", NULL};
    return pq->connect_start(keywords, values, 1);
}

static enum xr_postgres_status finish_connecting(struct xr_postgres *connection,
                                                 const struct wait *wait,
                                                 struct xr_postgres_error *error)
{
    int state = XR_PQ_POLLING_WRITING;
    for (;;) {
        short events = state == XR_PQ_POLLING_READING ? POLLIN : POLLOUT;
        enum xr_postgres_status status = wait_for(connection, events, wait, error);
        if (status != XR_POSTGRES_OK)
            return status;
        state = connection->pq.connect_poll(connection->conn);
        if (state == XR_PQ_POLLING_OK)
            return XR_POSTGRES_OK;
        if (state == XR_PQ_POLLING_FAILED)
            return lose(connection, error);
    }
}

static enum xr_postgres_status connect(struct xr_postgres *connection, const char *url,
                                       const char *sslmode, const struct wait *wait,
                                       struct xr_postgres_error *error)
{
    char why[512];
    if (!xr_pq_load(&connection->pq, why, sizeof why))
        return set(error, XR_POSTGRES_MISSING, "%s", why);
    connection->conn = start(&connection->pq, url, sslmode);
    if (!connection->conn)
        return set(error, XR_POSTGRES_LOST, "memory is short");
    if (connection->pq.status(connection->conn) == XR_PQ_CONNECTION_BAD) /* the URL is none */
        return lose(connection, error);
    (void)connection->pq.set_notice_processor(connection->conn, ignore_notice, NULL);
    enum xr_postgres_status status = finish_connecting(connection, wait, error);
    if (status == XR_POSTGRES_OK && connection->pq.set_nonblocking(connection->conn, 1) != 0)
        return lose(connection, error);
    return status;
}

enum xr_postgres_status xr_postgres_open(const char *url, const char *sslmode,
                                         struct xr_postgres_patience patience,
                                         struct xr_postgres **connection,
                                         struct xr_postgres_error *error)
{
    *connection = NULL;
    struct xr_postgres *made = calloc(1, sizeof *made);
    if (!made)
        return set(error, XR_POSTGRES_LOST, "memory is short");
    made->result.pq = &made->pq;
    struct wait wait = begin(patience);
    enum xr_postgres_status status = connect(made, url, sslmode, &wait, error);
    if (status == XR_POSTGRES_OK)
        *connection = made;
    else
        xr_postgres_close(made);
    return status;
}

void xr_postgres_close(struct xr_postgres *connection)
{
    if (!connection)
        return;
    xr_postgres_forget(connection);
    drop(connection);
    xr_pq_unload(&connection->pq);
    free(connection);
}

struct xr_postgres_about xr_postgres_about(const struct xr_postgres *connection)
{
    const struct xr_pq *pq = &connection->pq;
    struct xr_postgres_about about = {.libpq = pq->lib_version()};
    if (connection->conn) {
        about.server = pq->server_version(connection->conn);
        about.tls = pq->ssl_in_use(connection->conn) != 0;
    }
    return about;
}

/* Statements ----------------------------------------------------------------------------------- */

/* Sends all that libpq holds back. What the server says meanwhile is read, or both would wait. */
static enum xr_postgres_status flush(struct xr_postgres *connection, const struct wait *wait,
                                     struct xr_postgres_error *error)
{
    const struct xr_pq *pq = &connection->pq;
    for (;;) {
        int left = pq->flush(connection->conn);
        if (left == 0)
            return XR_POSTGRES_OK;
        if (left < 0)
            return lose(connection, error);
        enum xr_postgres_status status = wait_for(connection, POLLIN | POLLOUT, wait, error);
        if (status != XR_POSTGRES_OK)
            return status;
        if (!pq->consume_input(connection->conn))
            return lose(connection, error);
    }
}

/* The next result, or NULL after the last one. */
static enum xr_postgres_status next_result(struct xr_postgres *connection, const struct wait *wait,
                                           struct pg_result **result,
                                           struct xr_postgres_error *error)
{
    const struct xr_pq *pq = &connection->pq;
    while (pq->is_busy(connection->conn)) {
        enum xr_postgres_status status = wait_for(connection, POLLIN, wait, error);
        if (status != XR_POSTGRES_OK)
            return status;
        if (!pq->consume_input(connection->conn))
            break; /* libpq then has a result that says why */
    }
    *result = pq->get_result(connection->conn);
    return XR_POSTGRES_OK;
}

/* Takes all results of what was sent; the last good one is kept. */
static enum xr_postgres_status take_results(struct xr_postgres *connection, const struct wait *wait,
                                            struct xr_postgres_error *error)
{
    const struct xr_pq *pq = &connection->pq;
    enum xr_postgres_status outcome = XR_POSTGRES_OK;
    struct pg_result *result;
    for (;;) {
        enum xr_postgres_status status = next_result(connection, wait, &result, error);
        if (status != XR_POSTGRES_OK)
            return status;
        if (!result)
            break;
        int kind = pq->result_status(result);
        if (kind == XR_PQ_COMMAND_OK || kind == XR_PQ_TUPLES_OK) {
            xr_postgres_result_set(&connection->result, result);
            continue;
        }
        if (outcome == XR_POSTGRES_OK)
            note_refusal(pq, result, error);
        outcome = XR_POSTGRES_REFUSED;
        pq->clear(result);
    }
    if (pq->status(connection->conn) == XR_PQ_CONNECTION_OK)
        return outcome;
    if (outcome == XR_POSTGRES_OK)
        return lose(connection, error);
    error->status = XR_POSTGRES_LOST; /* the server said why before it closed */
    drop(connection);
    return XR_POSTGRES_LOST;
}

/* Sends what libpq was given and waits for its end. */
static enum xr_postgres_status complete(struct xr_postgres *connection, int sent,
                                        const struct wait *wait, struct xr_postgres_error *error)
{
    xr_postgres_forget(connection);
    if (!sent)
        return lose(connection, error);
    enum xr_postgres_status status = flush(connection, wait, error);
    if (status == XR_POSTGRES_OK)
        status = take_results(connection, wait, error);
    if (status != XR_POSTGRES_OK)
        xr_postgres_forget(connection);
    if (status == XR_POSTGRES_LOST || status == XR_POSTGRES_INTERRUPTED)
        drop(connection);
    return status;
}

static enum xr_postgres_status refuse_closed(struct xr_postgres_error *error)
{
    return set(error, XR_POSTGRES_LOST, "the connection is closed");
}

/* Remembers how many bytes of a secret passed. */
static void expose(struct xr_postgres *connection, size_t length)
{
    if (connection->exposed < length)
        connection->exposed = length;
}

enum xr_postgres_status xr_postgres_run(struct xr_postgres *connection, const char *sql,
                                        const struct xr_postgres_value *values, size_t count,
                                        struct xr_postgres_patience patience,
                                        struct xr_postgres_error *error)
{
    const char *bytes[VALUES_MAX];
    int lengths[VALUES_MAX];
    int formats[VALUES_MAX];
    if (!connection->conn)
        return refuse_closed(error);
    if (count > VALUES_MAX)
        return set(error, XR_POSTGRES_REFUSED, "too many values");
    for (size_t i = 0; i < count; i++) {
        if (values[i].length > INT_MAX)
            return set(error, XR_POSTGRES_REFUSED, "a value is too long");
        bytes[i] = values[i].bytes;
        lengths[i] = (int)values[i].length;
        formats[i] = values[i].secret;
        if (values[i].secret)
            expose(connection, values[i].length);
    }
    struct wait wait = begin(patience);
    int sent = connection->pq.send_query_params(connection->conn, sql, (int)count, NULL, bytes,
                                                lengths, formats, 1);
    enum xr_postgres_status status = complete(connection, sent, &wait, error);
    if (status != XR_POSTGRES_OK)
        return status;
    if (!connection->result.rows)
        return lose(connection, error);
    expose(connection, xr_postgres_result_longest_secret(&connection->result));
    return XR_POSTGRES_OK;
}

const struct xr_postgres_result *xr_postgres_result(const struct xr_postgres *connection)
{
    return &connection->result;
}

void xr_postgres_forget(struct xr_postgres *connection)
{
    xr_postgres_result_set(&connection->result, NULL);
}

enum xr_postgres_status xr_postgres_script(struct xr_postgres *connection, const char *sql,
                                           struct xr_postgres_patience patience,
                                           struct xr_postgres_error *error)
{
    if (!connection->conn)
        return refuse_closed(error);
    struct wait wait = begin(patience);
    int sent = connection->pq.send_query(connection->conn, sql);
    enum xr_postgres_status status = complete(connection, sent, &wait, error);
    xr_postgres_forget(connection);
    return status;
}

enum xr_postgres_status xr_postgres_scrub(struct xr_postgres *connection,
                                          struct xr_postgres_patience patience,
                                          struct xr_postgres_error *error)
{
    if (connection->exposed == 0)
        return XR_POSTGRES_OK;
    size_t length = connection->exposed + SCRUB_MORE;
    char *zeros = calloc(1, length);
    if (!zeros)
        return set(error, XR_POSTGRES_REFUSED, "memory is short");
    struct xr_postgres_value value = {.bytes = zeros, .length = length, .secret = true};
    enum xr_postgres_status status =
        xr_postgres_run(connection, "SELECT $1::bytea", &value, 1, patience, error);
    xr_postgres_forget(connection);
    free(zeros);
    connection->exposed = 0;
    return status;
}
