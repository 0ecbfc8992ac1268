/* Programs of the user's; see program.h. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "secret.h"

enum { OUTPUT_MAX = 65536 };

bool xr_program_start(char *const argv[], char *message, size_t size)
{
    pid_t pid;
    int failure = xr_child_start(
        &pid, &(struct xr_child){
                  .argv = argv, .output = XR_CHILD_NULL, .errors = XR_CHILD_NULL, .apart = true});
    if (failure != 0)
        (void)snprintf(message, size, "%s: %s", argv[0], strerror(failure));
    return failure == 0;
}

/* Reads all output. NULL, or what went wrong. */
static const char *read_output(int pipe_end, double deadline, char *output, size_t *length)
{
    struct pollfd waits[2] = {{.fd = pipe_end, .events = POLLIN}};
    *length = 0;
    for (;;) {
        const char *failure = xr_child_await(waits, 1, deadline);
        if (failure != NULL)
            return failure;
        ssize_t count = read(pipe_end, output + *length, OUTPUT_MAX - *length);
        if (count == 0)
            return NULL;
        if (count < 0 && errno != EINTR)
            return strerror(errno);
        *length += count > 0 ? (size_t)count : 0;
        if (*length == OUTPUT_MAX)
            return "it printed too much";
    }
}

/* The first line of the output as a secret. NULL, with what is wrong with it. */
static struct xr_secret *first_line(const char *output, size_t length, const char **failure)
{
    const char *end = memchr(output, '\n', length);
    if (end != NULL)
        length = (size_t)(end - output);
    if (length > 0 && output[length - 1] == '\r')
        length--;
    if (length == 0) {
        *failure = "its first line is empty";
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)output[i] < ' ' || output[i] == 127) {
            *failure = "its first line holds control characters";
            return NULL;
        }
    }
    struct xr_secret *secret = xr_secret_new(output, length);
    *failure = secret != NULL ? NULL : "not enough memory";
    return secret;
}

/* Runs the command with its output in a pipe. NULL, or what went wrong. */
static const char *run(const char *command, double deadline, char *output, size_t *length,
                       char *text, size_t size)
{
    char *argv[] = {"sh", "-c", (char *)command, NULL};
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return strerror(errno);
    int failed = xr_child_start(
        &pid, &(struct xr_child){.argv = argv, .output = ends[1], .errors = XR_CHILD_OURS});
    (void)close(ends[1]); /* we wrote nothing to it */
    const char *failure = strerror(failed);
    if (failed == 0) {
        failure = read_output(ends[0], deadline, output, length);
        const char *ended = xr_child_reap(pid, false, deadline, failure != NULL, text, size);
        failure = failure != NULL ? failure : ended;
    }
    (void)close(ends[0]); /* only read from */
    return failure;
}

struct xr_secret *xr_program_secret(const char *command, double seconds, char *message, size_t size)
{
    char text[64];
    struct xr_secret *secret = NULL;
    size_t length = 0;
    char *output = calloc(1, OUTPUT_MAX);
    const char *failure = "not enough memory";
    if (output != NULL) {
        failure = run(command, xr_clock_monotonic() + seconds, output, &length, text, sizeof text);
        if (failure == NULL)
            secret = first_line(output, length, &failure);
        explicit_bzero(output, OUTPUT_MAX);
        free(output);
    }
    if (failure != NULL)
        (void)snprintf(message, size, "%s", failure);
    return secret;
}
