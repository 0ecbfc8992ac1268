/* Which certificates to trust; see authorities.h. */
#include "authorities.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATES "/etc/ssl/certs"

/* Whether a directory holds certificates by their hashes, as c_rehash makes them. */
static bool is_hashed(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        found = length > 2 && strcmp(entry->d_name + length - 2, ".0") == 0;
    }
    (void)closedir(directory);
    return found;
}

bool xr_authorities_choose(struct xr_authorities *authorities)
{
    static const char *const variables[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE"};
    *authorities = (struct xr_authorities){.file = NULL};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *file = getenv(variables[i]);
        if (file && *file) {
            authorities->file = strdup(file);
            return authorities->file;
        }
    }
    if (is_hashed(CERTIFICATES))
        authorities->directory = CERTIFICATES;
    return true;
}

void xr_authorities_clear(struct xr_authorities *authorities)
{
    free(authorities->file);
    *authorities = (struct xr_authorities){.file = NULL};
}
