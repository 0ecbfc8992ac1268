/*
 * A file that nobody else can read, written as a whole: what its name stood for before stays until
 * all of it is on the disk.
 */
#ifndef XR_PRIVATE_FILE_H
#define XR_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the file (0600); false, with errno, when that failed. Then nothing has changed. What is
 * killed leaves nothing beside it, where the file system has files without names (O_TMPFILE; NFS
 * has none), but in the instant in which one takes the place of another.
 */
bool xr_private_file_write(const char *path, const char *bytes, size_t length);

#endif
