/* What the store trusts, and the commands that mend what it does not (reference: sshd's
 * StrictModes). */
#include "store_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Room for a path after quoting for the shell. */
#define QUOTED (PATH_MAX + 64)

/*
 * File systems whose flock, rename or fsync answer for another machine or process: an flock there
 * may hold on this host only. The numbers are those of linux/magic.h and of the file systems'
 * sources.
 */
static const struct {
    unsigned long magic;
    const char *name;
} remote[] = {
    {0x6969, "NFS"},        {0x517B, "SMB"},      {0xFE534D42, "SMB"},  {0xFF534D42, "SMB"},
    {0x65735546, "FUSE"},   {0x5346414F, "AFS"},  {0x6B414653, "AFS"},  {0x73757245, "Coda"},
    {0x01021997, "9P"},     {0x00C36400, "Ceph"}, {0x01161970, "GFS2"}, {0x7461636F, "OCFS2"},
    {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0x564C, "NetWare"},  {0x786F4256, "vboxsf"},
};

/* The path as one word of a shell command. */
static const char *quote(char *out, size_t size, const char *path, const char *name)
{
    char whole[PATH_MAX];
    (void)snprintf(whole, sizeof whole, "%s%s%s", path, name ? "/" : "", name ? name : "");
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
    if (whole[0] != '\0' && whole[strspn(whole, plain)] == '\0') {
        (void)snprintf(out, size, "%s", whole);
        return out;
    }
    size_t n = 0;
    out[n++] = '\'';
    for (const char *c = whole; *c != '\0' && n + 6 < size; c++) {
        if (*c == '\'') {
            memcpy(out + n, "'\\''", 4);
            n += 4;
        } else {
            out[n++] = *c;
        }
    }
    out[n++] = '\'';
    out[n] = '\0';
    return out;
}

enum xr_store_status xr_trust_set(struct xr_store_error *error, enum xr_store_status status,
                                  const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    error->number = 0;
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    /* Half a command would be worse than none. */
    int length = snprintf(error->hint, sizeof error->hint, "%s", hint ? hint : "");
    if (length < 0 || (size_t)length >= sizeof error->hint)
        error->hint[0] = '\0';
    return status;
}

enum xr_store_status xr_trust_fail(struct xr_store_error *error, int number, const char *what,
                                   const char *path, const char *name)
{
    char hint[QUOTED + 64] = "";
    char word[QUOTED];
    if (number == EACCES || number == EPERM)
        (void)snprintf(hint, sizeof hint, "chmod 700 %s", quote(word, sizeof word, path, NULL));
    else if (number == ENOSPC || number == EDQUOT)
        (void)snprintf(hint, sizeof hint, "free some space there: df -h %s",
                       quote(word, sizeof word, path, NULL));
    else if (number == EROFS)
        (void)snprintf(hint, sizeof hint,
                       "name a directory that can be written: export XERO_RUN_STATE=DIRECTORY");
    const char *reason = strerrordesc_np(number);
    (void)xr_trust_set(error, XR_STORE_FAILED, hint, "cannot %s %s%s%s: %s", what, path,
                       name ? "/" : "", name ? name : "", reason ? reason : "unknown error");
    error->number = number;
    return XR_STORE_FAILED;
}

/* Refuses path/name for a reason, with the hint "COMMAND path/name". */
static enum xr_store_status refuse(struct xr_store_error *error, const char *path, const char *name,
                                   const char *command, const char *reason)
{
    char hint[QUOTED + 64];
    char word[QUOTED];
    (void)snprintf(hint, sizeof hint, "%s %s", command, quote(word, sizeof word, path, name));
    return xr_trust_set(error, XR_STORE_REFUSED, hint, "%s%s%s %s", path, name ? "/" : "",
                        name ? name : "", reason);
}

/* Root that came upon a user's whole directory is to become that user, and not to take it away. */
static enum xr_store_status refuse_owner(struct xr_store_error *error, const char *path,
                                         const char *name, uid_t owner)
{
    char command[64];
    char reason[96];
    (void)snprintf(reason, sizeof reason, "belongs to another user (uid %u)", (unsigned)owner);
    if (name == NULL && geteuid() == 0) {
        (void)snprintf(command, sizeof command, "run as that user: sudo -u '#%u' xero-run",
                       (unsigned)owner);
        return xr_trust_set(error, XR_STORE_REFUSED, command, "%s %s", path, reason);
    }
    (void)snprintf(command, sizeof command, "sudo chown%s %u", name == NULL ? " -R" : "",
                   (unsigned)geteuid());
    return refuse(error, path, name, command, reason);
}

static enum xr_store_status refuse_mode(struct xr_store_error *error, const char *path,
                                        const char *name, const char *command, mode_t mode)
{
    char reason[96];
    (void)snprintf(reason, sizeof reason, "is open to other users (mode %04o)",
                   (unsigned)(mode & 07777));
    return refuse(error, path, name, command, reason);
}

/* A link is mended by moving the file itself to where the link is. */
static enum xr_store_status refuse_link(struct xr_store_error *error, const char *path,
                                        const char *name)
{
    char hint[QUOTED + 256];
    char word[QUOTED];
    (void)quote(word, sizeof word, path, NULL);
    if (name == NULL)
        (void)snprintf(hint, sizeof hint, "name the real directory: realpath %s", word);
    else
        (void)snprintf(hint, sizeof hint, "cd %s && mv -T \"$(realpath %s)\" %s", word, name, name);
    return xr_trust_set(error, XR_STORE_REFUSED, hint, "%s%s%s is a symbolic link", path,
                        name ? "/" : "", name ? name : "");
}

static enum xr_store_status refuse_hard_link(struct xr_store_error *error, const char *path,
                                             const char *name)
{
    char hint[QUOTED + 256];
    char word[QUOTED];
    (void)snprintf(hint, sizeof hint, "cd %s && cp -p %s %s.own && mv %s.own %s",
                   quote(word, sizeof word, path, NULL), name, name, name, name);
    return xr_trust_set(error, XR_STORE_REFUSED, hint, "%s/%s has a second name (a hard link)",
                        path, name);
}

static enum xr_store_status trust_file_system(int fd, const char *path,
                                              struct xr_store_error *error)
{
    struct statfs system;
    if (fstatfs(fd, &system) != 0)
        return xr_trust_fail(error, errno, "ask for the file system of", path, NULL);
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if (((unsigned long)system.f_type & 0xFFFFFFFFUL) == remote[i].magic)
            return xr_trust_set(error, XR_STORE_REFUSED,
                                "use a directory on a local disk: export XERO_RUN_STATE=DIRECTORY",
                                "%s is on %s, where locks and durable writes cannot be relied on",
                                path, remote[i].name);
    return XR_STORE_OK;
}

/* Whoever may write a directory above ours could put another one in our directory's place. */
static enum xr_store_status trust_ancestor(int fd, const struct stat *status,
                                           struct xr_store_error *error)
{
    if ((status->st_mode & S_IWOTH) == 0 || (status->st_mode & S_ISVTX) != 0)
        return XR_STORE_OK;
    char link[64];
    char path[PATH_MAX];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return refuse_mode(error, length > 0 ? path : "a directory above the store", NULL, "chmod o-w",
                       status->st_mode);
}

/*
 * Climbs by ".." and not by the path, which may lead through links. A directory that we may not
 * search ends the climb: what is above it cannot be asked.
 */
static enum xr_store_status trust_ancestors(int fd, const char *path, struct xr_store_error *error)
{
    struct stat below;
    struct stat above;
    enum xr_store_status result = XR_STORE_OK;
    int current = -1;
    if (fstat(fd, &below) != 0)
        return xr_trust_fail(error, errno, "look at", path, NULL);
    for (int depth = 0; result == XR_STORE_OK && depth < PATH_MAX / 2; depth++) {
        int parent =
            openat(current < 0 ? fd : current, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int number = errno;
        if (current >= 0)
            (void)close(current); /* O_PATH: nothing was written that could be lost */
        current = parent;
        if (parent < 0) {
            if (number != EACCES)
                result = xr_trust_fail(error, number, "look above", path, NULL);
            break;
        }
        if (fstat(parent, &above) != 0)
            result = xr_trust_fail(error, errno, "look above", path, NULL);
        else if (above.st_dev == below.st_dev && above.st_ino == below.st_ino)
            break;
        else
            result = trust_ancestor(parent, &above, error);
        below = above;
    }
    if (current >= 0)
        (void)close(current);
    return result;
}

enum xr_store_status xr_trust_directory(int fd, const char *path, struct xr_store_error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return xr_trust_fail(error, errno, "look at", path, NULL);
    if (status.st_uid != geteuid())
        return refuse_owner(error, path, NULL, status.st_uid);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse_mode(error, path, NULL, "chmod 700", status.st_mode);
    enum xr_store_status result = trust_file_system(fd, path, error);
    return result == XR_STORE_OK ? trust_ancestors(fd, path, error) : result;
}

/* What can be said of a file by its status alone. */
static enum xr_store_status trust_status(const struct stat *status, const char *path,
                                         const char *name, struct xr_store_error *error)
{
    if (S_ISLNK(status->st_mode))
        return refuse_link(error, path, name);
    if (!S_ISREG(status->st_mode))
        return refuse(error, path, name, S_ISDIR(status->st_mode) ? "rmdir" : "rm",
                      "is not a plain file");
    if (status->st_uid != geteuid())
        return refuse_owner(error, path, name, status->st_uid);
    if ((status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse_mode(error, path, name, "chmod 600", status->st_mode);
    if (status->st_nlink > 1)
        return refuse_hard_link(error, path, name);
    return XR_STORE_OK;
}

enum xr_store_status xr_trust_too_large(const char *path, const char *name, size_t limit,
                                        struct xr_store_error *error)
{
    char hint[QUOTED + 256];
    char word[QUOTED];
    (void)snprintf(hint, sizeof hint, "cd %s && mv %s %s.bad", quote(word, sizeof word, path, NULL),
                   name, name);
    return xr_trust_set(error, XR_STORE_REFUSED, hint,
                        "%s/%s is larger than %zu bytes, so it is none of ours", path, name, limit);
}

enum xr_store_status xr_trust_file(int fd, const char *path, const char *name, size_t limit,
                                   struct xr_store_error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return xr_trust_fail(error, errno, "look at", path, name);
    enum xr_store_status result = trust_status(&status, path, name, error);
    if (result != XR_STORE_OK)
        return result;
    if (status.st_size > 0 && (unsigned long long)status.st_size > limit)
        return xr_trust_too_large(path, name, limit, error);
    return XR_STORE_OK;
}

enum xr_store_status xr_trust_explain(int directory, const char *path, const char *name, int number,
                                      struct xr_store_error *error)
{
    struct stat status;
    if (fstatat(directory, name ? name : path, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        if (name != NULL && trust_status(&status, path, name, error) != XR_STORE_OK)
            return error->status;
        if (name == NULL && S_ISLNK(status.st_mode))
            return refuse_link(error, path, NULL);
        if (name == NULL && !S_ISDIR(status.st_mode))
            return refuse(error, path, NULL, "rm", "is not a directory");
        if (name == NULL && status.st_uid != geteuid())
            return refuse_owner(error, path, NULL, status.st_uid);
    }
    return xr_trust_fail(error, number, "open", path, name);
}
