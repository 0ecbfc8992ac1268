/* PKCE; see pkce.h. */
#include "pkce.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "crypto.h"
#include "secret.h"

enum { BYTES = 32, BASE64_SIZE = 45 };

/* RFC 4648 section 5, without padding. */
static void base64url(const unsigned char bytes[BYTES], char text[XR_PKCE_LENGTH + 1])
{
    unsigned char padded[BASE64_SIZE];
    (void)EVP_EncodeBlock(padded, bytes, BYTES); /* cannot fail: the length is what we know */
    for (int i = 0; i < XR_PKCE_LENGTH; i++) {
        if (padded[i] == '+')
            padded[i] = '-';
        else if (padded[i] == '/')
            padded[i] = '_';
    }
    memcpy(text, padded, XR_PKCE_LENGTH);
    text[XR_PKCE_LENGTH] = '\0';
    explicit_bzero(padded, sizeof padded);
}

struct xr_secret *xr_pkce_new(char challenge[XR_PKCE_LENGTH + 1])
{
    unsigned char bytes[BYTES];
    unsigned char digest[BYTES];
    char text[XR_PKCE_LENGTH + 1];
    struct xr_secret *verifier = NULL;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return NULL;
    base64url(bytes, text);
    if (xr_crypto_sha256(text, XR_PKCE_LENGTH, digest)) {
        base64url(digest, challenge);
        verifier = xr_secret_new(text, XR_PKCE_LENGTH);
    }
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(text, sizeof text);
    return verifier;
}
