/*
 * Which scripts are fit to be run. Whoever may write a script acts with the rights of whoever runs
 * it: so one that others may write is not run as root, nor where nobody is at a terminal (cron,
 * systemd), for there nobody sees what it does.
 */
#ifndef XR_SCRIPT_H
#define XR_SCRIPT_H

#include <stdbool.h>

/*
 * What makes the file unfit to be run by this process, or, where it is to be run unattended later,
 * by one without a terminal; said behind the file's name. NULL where nothing does, or where it
 * cannot be looked at. The text is static.
 */
const char *xr_script_fault(const char *path, bool unattended);

#endif
