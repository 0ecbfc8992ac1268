/*
 * A file that nobody else can read, written as a whole: what its name stood for before stays until
 * all of it is on the disk.
 */
#ifndef XR_PRIVATE_FILE_H
#define XR_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the file (0600); false, with errno, when that failed. Then nothing has changed. */
bool xr_private_file_write(const char *path, const char *bytes, size_t length);

#endif
