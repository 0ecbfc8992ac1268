/* libpq, loaded when it is first needed. See pq.h. */
#include "pq.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libpq.so.5"

#define PLACE(member) offsetof(struct xr_pq, member)

static const struct {
    const char *name;
    size_t place;
} symbols[] = {
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
    pq->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!pq->library) {
        (void)snprintf(why, size, "%s", dlerror());
        return false;
    }
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *address = dlsym(pq->library, symbols[i].name);
        if (!address) {
            (void)snprintf(why, size, LIBRARY " is too old: it has no %s", symbols[i].name);
            xr_pq_unload(pq);
            return false;
        }
        /* ISO C knows no cast from an object's address to a function's; POSIX says they are alike.
         */
        memcpy((char *)pq + symbols[i].place, &address, sizeof address);
    }
    return true;
}

void xr_pq_unload(struct xr_pq *pq)
{
    if (pq->library)
        (void)dlclose(pq->library);
    pq->library = NULL;
}
