/* SIGINT, SIGTERM, the deadline and the watchdog; see interrupt.h. */
#include "interrupt.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* In place of a signal's number. */
#define DEADLINE (-1)
#define DEADLINE_STATUS 8

/* Seconds; what is later than that never comes. */
#define DEADLINE_MAX 1e9

static struct {
    volatile sig_atomic_t number; /* of what came first, 0: nothing */
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

/* A helper thread of a library may get a signal; only the thread that runs Lua may touch Lua. */
static bool passed_on(int number)
{
    if (pthread_equal(pthread_self(), state.thread))
        return false;
    (void)pthread_kill(state.thread, number);
    return true;
}

static void begin(int number)
{
    state.number = number;
    wake();
    (void)alarm(XR_INTERRUPT_GRACE);
    void (*react)(void *) = state.react;
    if (react != NULL && state.holds == 0)
        react(state.runner);
}

/* A terminal shows ^C and stays on that line: what is said next begins a line of its own. */
static void leave_line(int number)
{
    if (number == SIGINT && tcgetpgrp(STDERR_FILENO) == getpgrp()) {
        ssize_t written = write(STDERR_FILENO, "\n", 1);
        (void)written;
    }
}

static void on_signal(int number)
{
    int saved = errno;
    if (!passed_on(number)) {
        leave_line(number);
        if (state.number != 0)
            _exit(128 + number);
        begin(number);
    }
    errno = saved;
}

static void on_deadline(int number)
{
    int saved = errno;
    if (!passed_on(number) && state.number == 0)
        begin(DEADLINE);
    errno = saved;
}

/* What the run could not say itself; once nobody would react any more, it has said how it ended. */
static void say_ended(void)
{
    const char *line = state.number == SIGINT    ? "xero-run: interrupted by SIGINT\n"
                       : state.number == SIGTERM ? "xero-run: interrupted by SIGTERM\n"
                                                 : "xero-run: the deadline of the run has passed\n";
    if (state.react != NULL) {
        ssize_t written = write(STDERR_FILENO, line, strlen(line));
        (void)written;
    }
}

static void on_alarm(int number)
{
    (void)number;
    if (state.number == 0)
        return;
    if (state.holds == 0) {
        say_ended();
        _exit(xr_interrupt_status());
    }
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

bool xr_interrupt_deadline(double seconds)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    if (seconds > DEADLINE_MAX)
        seconds = DEADLINE_MAX;
    double whole = floor(seconds);
    struct itimerspec time = {
        .it_value = {.tv_sec = (time_t)whole, .tv_nsec = (long)((seconds - whole) * 1e9)},
    };
    timer_t timer; /* never deleted: it ends with the process */
    if (time.it_value.tv_sec == 0 && time.it_value.tv_nsec == 0)
        time.it_value.tv_nsec = 1;
    return handle(SIGRTMIN, on_deadline, 0) && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
           timer_settime(timer, 0, &time, NULL) == 0;
}

const char *xr_interrupt_name(void)
{
    switch (state.number) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    case DEADLINE:
        return "deadline";
    default:
        return NULL;
    }
}

int xr_interrupt_status(void)
{
    if (state.number == DEADLINE)
        return DEADLINE_STATUS;
    return state.number != 0 ? 128 + state.number : 0;
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
