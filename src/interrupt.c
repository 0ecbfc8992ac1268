/* SIGINT, SIGTERM and the watchdog; see interrupt.h. */
#include "interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
    volatile sig_atomic_t number;
    volatile sig_atomic_t holds;
    int fd;
    pthread_t thread; /* the one that runs Lua */
    void (*volatile react)(void *runner);
    void *volatile runner;
} state = {.fd = -1};

static void wake(void)
{
    const uint64_t one = 1;
    /* The counter cannot be full: it is written once. A failure leaves the flag, which waits see.
     */
    ssize_t written = write(state.fd, &one, sizeof one);
    (void)written;
}

static void on_signal(int number)
{
    int saved = errno;
    if (!pthread_equal(pthread_self(), state.thread)) {
        /* A helper thread of a library got it; only the thread that runs Lua may touch Lua. */
        (void)pthread_kill(state.thread, number);
        errno = saved;
        return;
    }
    if (state.number != 0)
        _exit(128 + number);
    state.number = number;
    wake();
    (void)alarm(XR_INTERRUPT_GRACE);
    void (*react)(void *) = state.react;
    if (react != NULL && state.holds == 0)
        react(state.runner);
    errno = saved;
}

static void on_alarm(int number)
{
    (void)number;
    if (state.number == 0)
        return;
    if (state.holds == 0)
        _exit(128 + state.number);
    (void)alarm(XR_INTERRUPT_GRACE);
}

static void on_pipe(int number)
{
    (void)number;
}

static bool handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    (void)sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL) == 0;
}

static bool handle_unless_ignored(int number, void (*handler)(int), int flags)
{
    struct sigaction before;
    if (sigaction(number, NULL, &before) != 0)
        return false;
    return before.sa_handler == SIG_IGN || handle(number, handler, flags);
}

bool xr_interrupt_install(void)
{
    state.thread = pthread_self();
    state.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (state.fd < 0)
        return false;
    /* No SA_RESTART for these two: a read from the terminal must end when the person presses ^C. */
    return handle_unless_ignored(SIGINT, on_signal, 0) &&
           handle_unless_ignored(SIGTERM, on_signal, 0) &&
           handle_unless_ignored(SIGPIPE, on_pipe, SA_RESTART) &&
           handle(SIGALRM, on_alarm, SA_RESTART);
}

int xr_interrupt_signal(void)
{
    return state.number;
}

const char *xr_interrupt_name(void)
{
    switch (state.number) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    default:
        return NULL;
    }
}

int xr_interrupt_fd(void)
{
    return state.fd;
}

/* Nothing of ours handles SIGHUP: it ends the process, but not while held. */
static void block_hangup(int how)
{
    sigset_t hangup;
    (void)sigemptyset(&hangup);
    (void)sigaddset(&hangup, SIGHUP);
    (void)pthread_sigmask(how, &hangup, NULL); /* cannot fail: valid how */
}

void xr_interrupt_hold(void)
{
    if (state.holds == 0)
        block_hangup(SIG_BLOCK);
    state.holds = state.holds + 1;
}

void xr_interrupt_release(void)
{
    state.holds = state.holds - 1;
    if (state.holds == 0)
        block_hangup(SIG_UNBLOCK);
}

bool xr_interrupt_held(void)
{
    return state.holds > 0;
}

void xr_interrupt_react(void (*react)(void *runner))
{
    state.react = react;
}

void *xr_interrupt_run(void *runner)
{
    void *before = state.runner;
    state.runner = runner;
    return before;
}
