/* Children of this program; see child.h. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "interrupt.h"

enum { REAP_INTERVAL_MS = 10, MOST_MILLISECONDS = 3600 * 1000 };

/* Default actions for what we handle, nothing blocked. */
static int set_attributes(posix_spawnattr_t *attributes, bool apart)
{
    sigset_t handled, none;
    (void)sigemptyset(&none);
    (void)sigfillset(&handled);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (apart)
        flags |= POSIX_SPAWN_SETSID;
    int failure = posix_spawnattr_setflags(attributes, flags);
    if (failure == 0)
        failure = posix_spawnattr_setsigdefault(attributes, &handled);
    if (failure == 0)
        failure = posix_spawnattr_setsigmask(attributes, &none);
    return failure;
}

/* Makes fd what was asked for. */
static int direct(posix_spawn_file_actions_t *actions, int fd, int to)
{
    if (to == XR_CHILD_OURS)
        return 0;
    if (to == XR_CHILD_NULL)
        return posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_WRONLY, 0);
    return posix_spawn_file_actions_adddup2(actions, to, fd);
}

static int set_actions(posix_spawn_file_actions_t *actions, const struct xr_child *how)
{
    int failure = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failure == 0)
        failure = direct(actions, STDOUT_FILENO, how->output);
    if (failure == 0)
        failure = direct(actions, STDERR_FILENO, how->errors);
    if (failure == 0)
        failure = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (failure == 0 && how->directory != NULL)
        failure = posix_spawn_file_actions_addchdir_np(actions, how->directory);
    return failure;
}

int xr_child_start(pid_t *pid, const struct xr_child *how)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failure = posix_spawnattr_init(&attributes);
    if (failure != 0)
        return failure;
    failure = posix_spawn_file_actions_init(&actions);
    if (failure == 0) {
        failure = set_attributes(&attributes, how->apart);
        if (failure == 0)
            failure = set_actions(&actions, how);
        if (failure == 0)
            failure = posix_spawnp(pid, how->argv[0], &actions, &attributes, how->argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    return failure;
}

static int milliseconds(double seconds)
{
    double rounded = seconds * 1000 + 1;
    return rounded < (double)MOST_MILLISECONDS ? (int)rounded : MOST_MILLISECONDS;
}

const char *xr_child_await(struct pollfd waits[], size_t count, double deadline)
{
    struct pollfd *signalled = &waits[count];
    *signalled = (struct pollfd){.fd = xr_interrupt_fd(), .events = POLLIN};
    for (;;) {
        double left = deadline - xr_clock_monotonic();
        if (left <= 0)
            return "it took too long";
        int ready = poll(waits, count + 1, milliseconds(left));
        if (ready < 0 && errno != EINTR)
            return strerror(errno);
        if (ready > 0)
            return signalled->revents != 0 ? "interrupted" : NULL;
    }
}

const char *xr_child_reap(pid_t pid, bool apart, double deadline, bool at_once, char *text,
                          size_t size)
{
    int status = 0;
    pid_t done = 0;
    while (!at_once && (done = waitpid(pid, &status, WNOHANG)) == 0) {
        struct pollfd signalled = {.fd = xr_interrupt_fd(), .events = POLLIN};
        at_once = poll(&signalled, 1, REAP_INTERVAL_MS) > 0 || xr_clock_monotonic() > deadline;
    }
    if (done == 0) {
        (void)kill(apart ? -pid : pid, SIGKILL); /* ours and not reaped, so it exists */
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
