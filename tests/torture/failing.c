/*
 * Lets allocations fail, for LD_PRELOAD. Those from the entry of main on are counted, of the
 * program and of its libraries; FAILING_AT=N has the Nth one fail, FAILING_AT=N+ every one from
 * the Nth on. FAILING_COUNT names a file that gets their number at the end.
 *
 * mmap is not among them: what is mapped is no allocation of C. Neither is what glibc allocates to
 * look up a user: it goes on with what it did not get, and crashes by itself.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong count;
static unsigned long first, last; /* which ones fail; none before main */
static atomic_bool counting;
static _Thread_local bool looking_up;

static bool fails(void)
{
    if (!counting || looking_up)
        return false;
    unsigned long number = ++count;
    if (number < first || number > last)
        return false;
    errno = ENOMEM;
    return true;
}

/* The allocator that would be called without us: glibc's or a sanitizer's.
 * NOLINTBEGIN(bugprone-macro-parentheses): what would stand in them is no expression. */
#define NEXT(name, parameters, arguments)                                                          \
    static void *next_##name parameters                                                            \
    {                                                                                              \
        static void *(*found)parameters;                                                           \
        if (!found)                                                                                \
            *(void **)&found = dlsym(RTLD_NEXT, #name); /* as POSIX has it */                      \
        return found arguments;                                                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

NEXT(malloc, (size_t size), (size))
NEXT(calloc, (size_t number, size_t size), (number, size))
NEXT(realloc, (void *block, size_t size), (block, size))
NEXT(memalign, (size_t alignment, size_t size), (alignment, size))

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc has reserved names. */
void *malloc(size_t size)
{
    return fails() ? NULL : next_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : next_calloc(number, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : next_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : next_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *found = memalign(alignment, size);
    if (!found)
        return ENOMEM;
    *block = found;
    return 0;
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size, struct passwd **found)
{
    typedef int look_up(uid_t, struct passwd *, char *, size_t, struct passwd **);
    look_up *next;
    *(void **)&next = dlsym(RTLD_NEXT, "getpwuid_r");
    looking_up = true;
    int error = next(uid, entry, room, size, found);
    looking_up = false;
    return error;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static void begin(void)
{
    const char *at = getenv("FAILING_AT");
    if (at) {
        char *end;
        first = strtoul(at, &end, 10);
        last = *end == '+' ? (unsigned long)-1 : first;
    } else {
        first = (unsigned long)-1;
    }
    counting = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *name = getenv("FAILING_COUNT");
    unsigned long number = count;
    counting = false;
    int fd = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd >= 0) {
        (void)dprintf(fd, "%lu\n", number);
        (void)close(fd);
    }
}

static int (*program)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
    begin();
    return program(argc, argv, environment);
}

/* Called by the start of every program, with its main. */
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    typedef int starter(int (*)(int, char **, char **), int, char **, void (*)(void),
                        void (*)(void), void (*)(void), void *);
    starter *start;
    *(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
    program = main;
    return start(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
