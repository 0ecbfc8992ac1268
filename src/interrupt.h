/*
 * What ends a run early: SIGINT, SIGTERM, the deadline of --deadline. The first one sets a flag
 * that stays set, makes a descriptor readable for good (so that every wait can include it), and
 * calls the reaction that the Lua side registered (it plants a hook, so that busy Lua code stops
 * too). A signal after that ends the process at once. A watchdog says so and ends it when nothing
 * reacted within XR_INTERRUPT_GRACE seconds, for no hook stops string.rep, a pattern match or a
 * finalizer that loops; it waits while a critical section is shielded.
 *
 * This unit knows nothing of Lua, so that engines may use it. Its state is the program's only
 * mutable global: a signal handler cannot be handed an argument. All functions but those that only
 * read belong to the main thread.
 */
#ifndef XR_INTERRUPT_H
#define XR_INTERRUPT_H

#include <stdbool.h>

enum { XR_INTERRUPT_GRACE = 5 };

/*
 * Installs the handlers; a signal that is ignored at start (nohup) stays ignored. SIGPIPE gets a
 * handler that does nothing: a write then fails with EPIPE, and the children of os.execute have the
 * default action, which SIG_IGN would take from them. False, with errno, when that failed.
 */
bool xr_interrupt_install(void);

/*
 * From now on the run has so many seconds; of several deadlines the earliest counts. False, with
 * errno, when there is no timer to be had.
 */
bool xr_interrupt_deadline(double seconds);

/* "SIGINT", "SIGTERM" or "deadline": what came first; NULL while nothing did. */
const char *xr_interrupt_name(void);

/* The exit status that goes with it: 130, 143 or 8; 0 while nothing came. */
int xr_interrupt_status(void);

/* A descriptor that is readable for good once something came. -1 before xr_interrupt_install. */
int xr_interrupt_fd(void);

/* Nesting: between hold and release neither the reaction nor the watchdog acts, and SIGHUP waits.
 */
void xr_interrupt_hold(void);
void xr_interrupt_release(void);
bool xr_interrupt_held(void);

/*
 * What the handler calls, once, unless held: react(runner) must be safe in a signal handler. NULL
 * takes it away. xr_interrupt_run names the runner (the running Lua thread) and returns the one
 * before.
 */
void xr_interrupt_react(void (*react)(void *runner));
void *xr_interrupt_run(void *runner);

#endif
