/* Which scripts are fit to be run; see script.h. */
#include "script.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for an entry of the user or group database; a group that needs more has many members. */
enum { ENTRY_SIZE = 16384 };

/*
 * Whether nobody but the owner is in the group: with a umask of 002 each user has one of the same
 * name. In a container both may be without a name.
 */
static bool is_private(gid_t group, uid_t owner)
{
    char user_room[ENTRY_SIZE];
    char group_room[ENTRY_SIZE];
    struct passwd user_entry;
    struct passwd *user = NULL;
    struct group group_entry;
    struct group *known = NULL;
    if (getpwuid_r(owner, &user_entry, user_room, sizeof user_room, &user) != 0 ||
        getgrgid_r(group, &group_entry, group_room, sizeof group_room, &known) != 0)
        return false;
    if (user == NULL || known == NULL)
        return user == NULL && known == NULL && group == owner;
    for (char **member = known->gr_mem; *member != NULL; member++)
        if (strcmp(*member, user->pw_name) != 0)
            return false;
    return strcmp(known->gr_name, user->pw_name) == 0;
}

static bool is_attended(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return false;
    (void)close(terminal); /* nothing was written */
    return true;
}

const char *xr_script_fault(const char *path, bool unattended)
{
    struct stat file;
    if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
        return NULL;
    bool others = (file.st_mode & S_IWOTH) != 0;
    if (!others && ((file.st_mode & S_IWGRP) == 0 || is_private(file.st_gid, file.st_uid)))
        return NULL;
    if (geteuid() == 0)
        return others ? "can be written by others, and is not run as root"
                      : "can be written by its group, and is not run as root";
    if (!unattended && is_attended())
        return NULL;
    return others ? "can be written by others, and is not run without a terminal"
                  : "can be written by its group, and is not run without a terminal";
}
