/* The version of the program, in one place: `--version`, the User-Agent and xero.version say it. */
#ifndef XR_VERSION_H
#define XR_VERSION_H

#define XR_VERSION "0.1.0"

#endif
