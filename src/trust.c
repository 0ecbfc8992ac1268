/* Which certificates to trust; see trust.h. */
#include "trust.h"

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

bool xr_trust_choose(struct xr_trust *trust)
{
    static const char *const variables[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE"};
    *trust = (struct xr_trust){.file = NULL};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *file = getenv(variables[i]);
        if (file && *file) {
            trust->file = strdup(file);
            return trust->file;
        }
    }
    if (is_hashed(CERTIFICATES))
        trust->directory = CERTIFICATES;
    return true;
}

void xr_trust_clear(struct xr_trust *trust)
{
    free(trust->file);
    *trust = (struct xr_trust){.file = NULL};
}
