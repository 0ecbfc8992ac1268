/* Programs of the user's; see program.h. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "secret.h"

enum { OUTPUT_MAX = 65536, REAP_INTERVAL_MS = 10 };

static double monotonic(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: valid clock, valid pointer */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Default actions for what we handle, nothing blocked; a session of its own where it is let go. */
static int set_attributes(posix_spawnattr_t *attributes, bool let_go)
{
    sigset_t handled, none;
    (void)sigemptyset(&none);
    (void)sigfillset(&handled);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (let_go)
        flags |= POSIX_SPAWN_SETSID;
    int failure = posix_spawnattr_setflags(attributes, flags);
    if (failure == 0)
        failure = posix_spawnattr_setsigdefault(attributes, &handled);
    if (failure == 0)
        failure = posix_spawnattr_setsigmask(attributes, &none);
    return failure;
}

/* stdout goes to output; -1: it and stderr go to /dev/null. */
static int set_actions(posix_spawn_file_actions_t *actions, int output)
{
    int failure = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failure == 0 && output >= 0)
        failure = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (failure == 0 && output < 0)
        failure =
            posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (failure == 0 && output < 0)
        failure = posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return failure;
}

/* Starts argv. 0, or an error number. */
static int spawn(pid_t *pid, char *const argv[], int output)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failure = posix_spawnattr_init(&attributes);
    if (failure != 0)
        return failure;
    failure = posix_spawn_file_actions_init(&actions);
    if (failure == 0) {
        failure = set_attributes(&attributes, output < 0);
        if (failure == 0)
            failure = set_actions(&actions, output);
        if (failure == 0)
            failure = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    return failure;
}

bool xr_program_start(char *const argv[], char *message, size_t size)
{
    pid_t pid;
    int failure = spawn(&pid, argv, -1);
    if (failure != 0)
        (void)snprintf(message, size, "%s: %s", argv[0], strerror(failure));
    return failure == 0;
}

/* Waits until the pipe can be read, or until a signal came. NULL, or what came instead. */
static const char *await_output(int pipe_end, double deadline)
{
    for (;;) {
        double left = deadline - monotonic();
        struct pollfd waits[] = {
            {.fd = pipe_end, .events = POLLIN},
            {.fd = xr_interrupt_fd(), .events = POLLIN},
        };
        int ready = left > 0 ? poll(waits, 2, (int)(left * 1000) + 1) : 0;
        if (ready == 0)
            return "it took too long";
        if (ready < 0 && errno != EINTR)
            return strerror(errno);
        if (ready > 0 && waits[1].revents != 0)
            return "interrupted";
        if (ready > 0)
            return NULL;
    }
}

/* Reads all output. NULL, or what went wrong. */
static const char *read_output(int pipe_end, double deadline, char *output, size_t *length)
{
    *length = 0;
    for (;;) {
        const char *failure = await_output(pipe_end, deadline);
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

/* Waits for its end, by force once the time is over. NULL, or what was wrong with it. */
static const char *reap(pid_t pid, double deadline, bool at_once, char *text, size_t size)
{
    int status = 0;
    pid_t done = 0;
    while (!at_once && (done = waitpid(pid, &status, WNOHANG)) == 0) {
        struct pollfd signalled = {.fd = xr_interrupt_fd(), .events = POLLIN};
        at_once = poll(&signalled, 1, REAP_INTERVAL_MS) > 0 || monotonic() > deadline;
    }
    if (done == 0) {
        (void)kill(pid, SIGKILL); /* ours and not reaped, so it exists */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        return "it took too long";
    }
    if (done < 0)
        return strerror(errno);
    if (WIFSIGNALED(status))
        (void)snprintf(text, size, "it was ended by signal %d", WTERMSIG(status));
    else
        (void)snprintf(text, size, "it ended with status %d", WEXITSTATUS(status));
    return status == 0 ? NULL : text;
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
    int failed = spawn(&pid, argv, ends[1]);
    (void)close(ends[1]); /* we wrote nothing to it */
    const char *failure = strerror(failed);
    if (failed == 0) {
        failure = read_output(ends[0], deadline, output, length);
        const char *ended = reap(pid, deadline, failure != NULL, text, size);
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
        failure = run(command, monotonic() + seconds, output, &length, text, sizeof text);
        if (failure == NULL)
            secret = first_line(output, length, &failure);
        explicit_bzero(output, OUTPUT_MAX);
        free(output);
    }
    if (failure != NULL)
        (void)snprintf(message, size, "%s", failure);
    return secret;
}
