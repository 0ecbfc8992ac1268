/* What a program prints; see capture.h. */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

enum { OUTPUT_FIRST = 65536 };

/* Which pipe: read ends, -1 once closed. */
enum { OUTPUT, ERRORS, PIPES };

static void close_end(int *end)
{
    if (*end >= 0)
        (void)close(*end); /* only read from, or not written to by us */
    *end = -1;
}

void xr_capture_clear(struct xr_capture *capture)
{
    free(capture->output);
    *capture = (struct xr_capture){.output = NULL};
}

/* Room for at least one byte more than there is. */
static bool reserve(struct xr_capture *capture)
{
    if (capture->length < capture->capacity)
        return true;
    size_t capacity = capture->capacity > 0 ? capture->capacity * 2 : OUTPUT_FIRST;
    char *output = realloc(capture->output, capacity);
    if (output == NULL)
        return false;
    capture->output = output;
    capture->capacity = capacity;
    return true;
}

/* Reads what there is of the output. NULL, or what went wrong. */
static const char *read_output(struct xr_capture *capture, int *end, size_t most)
{
    if (!reserve(capture))
        return "not enough memory";
    ssize_t count =
        read(*end, capture->output + capture->length, capture->capacity - capture->length);
    if (count < 0)
        return errno == EINTR ? NULL : strerror(errno);
    if (count == 0)
        close_end(end);
    capture->length += (size_t)count;
    return capture->length > most ? "it printed too much" : NULL;
}

/* Reads what there is of the complaints, and keeps what there is room for. */
static const char *read_complaints(struct xr_capture *capture, int *end)
{
    char part[512];
    ssize_t count = read(*end, part, sizeof part);
    if (count < 0)
        return errno == EINTR ? NULL : strerror(errno);
    if (count == 0)
        close_end(end);
    size_t room = sizeof capture->complaints - 1 - capture->complained;
    size_t kept = (size_t)count < room ? (size_t)count : room;
    memcpy(capture->complaints + capture->complained, part, kept);
    capture->complained += kept;
    return NULL;
}

/* Waits for more on either pipe, and reads it. NULL, or what went wrong. */
static const char *read_more(struct xr_capture *capture, int ends[PIPES], double deadline,
                             size_t most)
{
    struct pollfd waits[PIPES + 1] = {
        {.fd = ends[OUTPUT], .events = POLLIN},
        {.fd = ends[ERRORS], .events = POLLIN},
    };
    const char *failure = xr_child_await(waits, PIPES, deadline);
    /* Complaints first: they may say why the output is as it is. */
    if (failure == NULL && waits[ERRORS].revents != 0)
        failure = read_complaints(capture, &ends[ERRORS]);
    if (failure == NULL && waits[OUTPUT].revents != 0)
        failure = read_output(capture, &ends[OUTPUT], most);
    return failure;
}

/* Runs it with the write ends of the pipes. NULL, or what went wrong, which may be in text. */
static const char *run(struct xr_capture *capture, struct xr_child *how, int ends[PIPES],
                       const struct xr_capture_bounds *bounds, char *text, size_t size)
{
    double deadline = xr_clock_monotonic() + bounds->seconds;
    const char *failure = NULL;
    pid_t pid;
    int failed = xr_child_start(&pid, how);
    close_end(&how->output);
    close_end(&how->errors);
    if (failed != 0) {
        (void)snprintf(text, size, "%s: %s", how->argv[0], strerror(failed));
        return text;
    }
    while (failure == NULL && (ends[OUTPUT] >= 0 || ends[ERRORS] >= 0))
        failure = read_more(capture, ends, deadline, bounds->most);
    const char *ended = xr_child_reap(pid, how->apart, deadline, failure != NULL, text, size);
    return failure != NULL ? failure : ended;
}

bool xr_capture_run(struct xr_capture *capture, char *const argv[], const char *directory,
                    const struct xr_capture_bounds *bounds, char *message, size_t size)
{
    char text[256];
    int output[2], errors[2];
    if (pipe2(output, O_CLOEXEC) != 0) {
        (void)snprintf(message, size, "%s", strerror(errno));
        return false;
    }
    if (pipe2(errors, O_CLOEXEC) != 0) {
        (void)snprintf(message, size, "%s", strerror(errno));
        close_end(&output[0]);
        close_end(&output[1]);
        return false;
    }
    int ends[PIPES] = {output[0], errors[0]};
    struct xr_child how = {.argv = argv,
                           .directory = directory,
                           .output = output[1],
                           .errors = errors[1],
                           .apart = true};
    const char *failure = run(capture, &how, ends, bounds, text, sizeof text);
    close_end(&ends[OUTPUT]);
    close_end(&ends[ERRORS]);
    if (failure != NULL)
        (void)snprintf(message, size, "%s", failure);
    return failure == NULL;
}
