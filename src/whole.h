/*
 * Reads and writes that go on until all is done: a call may do a part of it, or be interrupted by a
 * signal. One that is interrupted again and again is given up.
 */
#ifndef XR_WHOLE_H
#define XR_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Each is false with errno set where it failed. */

/* Reads until the end of the file or until size bytes; length says how many there were. */
bool xr_whole_read(int fd, char *bytes, size_t size, size_t *length);

/* The same from an offset on; where the file is read or written otherwise does not change. */
bool xr_whole_read_at(int fd, off_t offset, char *bytes, size_t size, size_t *length);

/* Where nothing more is taken, and no reason given, that is a full disk. */
bool xr_whole_write(int fd, const char *bytes, size_t length);

#endif
