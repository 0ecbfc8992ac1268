/*
 * The version of the program and its date, in one place: `--version`, the User-Agent, xero.version,
 * the manual pages and the packages have them from here.
 */
#ifndef XR_VERSION_H
#define XR_VERSION_H

#define XR_VERSION "0.1.0"
#define XR_VERSION_DATE "2026-11-26"

#endif
