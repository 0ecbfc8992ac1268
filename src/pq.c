/* libpq, loaded when it is first needed. See pq.h. */
#include "pq.h"

#include <string.h>

#include "library.h"

#define PLACE(member) offsetof(struct xr_pq, member)

static const struct xr_library_symbol symbols[] = {
    {"PQconnectStartParams", PLACE(connect_start)},
    {"PQconnectPoll", PLACE(connect_poll)},
    {"PQsocket", PLACE(socket)},
    {"PQstatus", PLACE(status)},
    {"PQerrorMessage", PLACE(error_message)},
    {"PQserverVersion", PLACE(server_version)},
    {"PQsslInUse", PLACE(ssl_in_use)},
    {"PQfinish", PLACE(finish)},
    {"PQsetnonblocking", PLACE(set_nonblocking)},
    {"PQsetNoticeProcessor", PLACE(set_notice_processor)},
    {"PQsendQuery", PLACE(send_query)},
    {"PQsendQueryParams", PLACE(send_query_params)},
    {"PQflush", PLACE(flush)},
    {"PQconsumeInput", PLACE(consume_input)},
    {"PQisBusy", PLACE(is_busy)},
    {"PQgetResult", PLACE(get_result)},
    {"PQresultStatus", PLACE(result_status)},
    {"PQresultErrorField", PLACE(result_error_field)},
    {"PQntuples", PLACE(ntuples)},
    {"PQnfields", PLACE(nfields)},
    {"PQftype", PLACE(ftype)},
    {"PQgetvalue", PLACE(getvalue)},
    {"PQgetlength", PLACE(getlength)},
    {"PQgetisnull", PLACE(getisnull)},
    {"PQclear", PLACE(clear)},
    {"PQlibVersion", PLACE(lib_version)},
};

bool xr_pq_load(struct xr_pq *pq, char *why, size_t size)
{
    memset(pq, 0, sizeof *pq);
    pq->library =
        xr_library_load("libpq.so.5", symbols, sizeof symbols / sizeof symbols[0], pq, why, size);
    return pq->library != NULL;
}

void xr_pq_unload(struct xr_pq *pq)
{
    xr_library_close(pq->library);
    pq->library = NULL;
}
