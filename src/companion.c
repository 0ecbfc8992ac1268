/* A program that lives no longer than this one; see companion.h. */
#include "companion.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

/* In the child, between fork and exec: async-signal-safe calls only. */
static void become(char *const argv[], int output, pid_t parent)
{
    /* The parent may have died before prctl: then no signal would ever come. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || setsid() < 0)
        _exit(127);
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
        _exit(127);
    (void)execv("/proc/self/exe", argv);
    _exit(127);
}

bool xr_companion_start(struct xr_companion *companion, char *const argv[], char *message,
                        size_t size)
{
    int ends[2];
    *companion = (struct xr_companion){.output = -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)snprintf(message, size, "pipe: %s", strerror(errno));
        return false;
    }
    pid_t parent = getpid();
    companion->pid = fork();
    if (companion->pid == 0)
        become(argv, ends[1], parent);
    int failure = errno;
    (void)close(ends[1]); /* nothing was written to it */
    companion->output = ends[0];
    if (companion->pid > 0)
        return true;
    (void)snprintf(message, size, "fork: %s", strerror(failure));
    companion->pid = 0;
    xr_companion_stop(companion);
    return false;
}

/* Reads more of the greeting, used bytes of which are in text. NULL, or what went wrong. */
static const char *read_more(const struct xr_companion *companion, char *text, size_t size,
                             size_t *used)
{
    if (*used + 1 >= size)
        return "it printed too much";
    ssize_t count = read(companion->output, text + *used, size - *used - 1);
    if (count == 0)
        return "it ended";
    if (count < 0)
        return errno == EINTR ? NULL : strerror(errno);
    *used += (size_t)count;
    text[*used] = '\0';
    return NULL;
}

bool xr_companion_greeting(struct xr_companion *companion, double seconds, char *text, size_t size,
                           char *message, size_t message_size)
{
    struct pollfd waits[2] = {{.fd = companion->output, .events = POLLIN}};
    double deadline = xr_clock_monotonic() + seconds;
    size_t used = 0;
    text[0] = '\0';
    for (;;) {
        char *end = strstr(text, "\n\n");
        if (end != NULL) {
            end[2] = '\0';
            return true;
        }
        const char *failure = xr_child_await(waits, 1, deadline);
        if (failure == NULL)
            failure = read_more(companion, text, size, &used);
        if (failure != NULL) {
            (void)snprintf(message, message_size, "%s", failure);
            return false;
        }
    }
}

void xr_companion_stop(struct xr_companion *companion)
{
    if (companion->pid > 0) {
        (void)kill(companion->pid, SIGKILL); /* ours and not reaped, so it exists */
        pid_t reaped;
        do
            reaped = waitpid(companion->pid, NULL, 0);
        while (reaped < 0 && errno == EINTR);
    }
    if (companion->output >= 0)
        (void)close(companion->output); /* only read from */
    *companion = (struct xr_companion){.output = -1};
}
