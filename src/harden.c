/* Hardening the process; see harden.h. */
#include "harden.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

/*
 * Opens /dev/null where a standard descriptor is closed, and opens it the wrong way round: using it
 * fails as using the closed one would.
 */
static bool fill_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}

bool xr_harden_process(void)
{
    if (!fill_descriptors())
        return false;
    (void)umask(077);
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0)
        return false;
#if !defined(__SANITIZE_ADDRESS__) /* whose leak checker reads the process from outside */
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return false;
#endif
    /* libcurl would write the keys of its TLS connections there. */
    return unsetenv("SSLKEYLOGFILE") == 0;
}

/* The value where entry is "name=value", or NULL. */
static char *value_of(char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1 : NULL;
}

bool xr_harden_take(const char *name, struct xr_secret **secret)
{
    bool complete = true;
    char **kept = environ;
    *secret = NULL;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char *value = value_of(*entry, name);
        if (value == NULL) {
            *kept++ = *entry;
            continue;
        }
        /* A name may stand there twice; getenv would have found the first. */
        if (*secret == NULL && *value != '\0') {
            *secret = xr_secret_new(value, strlen(value));
            complete = complete && *secret != NULL;
        }
        explicit_bzero(*entry, strlen(*entry));
    }
    if (kept != NULL)
        *kept = NULL;
    return complete;
}
