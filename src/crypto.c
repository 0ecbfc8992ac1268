/* OpenSSL, entered with care; see crypto.h. */
#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct xr_sha256 {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

bool xr_crypto_ready(void)
{
    return OSSL_LIB_CTX_get0_global_default() != NULL;
}

bool xr_crypto_sha256(const void *bytes, size_t length, unsigned char digest[XR_SHA256_SIZE])
{
    return xr_crypto_ready() && EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) == 1;
}

void xr_crypto_hex(const unsigned char digest[XR_SHA256_SIZE], char hex[XR_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < XR_SHA256_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
}

struct xr_sha256 *xr_sha256_new(void)
{
    struct xr_sha256 *sha256 = calloc(1, sizeof *sha256);
    if (sha256 == NULL)
        return NULL;
    if (xr_crypto_ready()) {
        sha256->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        sha256->context = EVP_MD_CTX_new();
    }
    if (sha256->algorithm != NULL && sha256->context != NULL)
        return sha256;
    xr_sha256_free(sha256);
    return NULL;
}

void xr_sha256_free(struct xr_sha256 *sha256)
{
    if (sha256 == NULL)
        return;
    EVP_MD_CTX_free(sha256->context);
    EVP_MD_free(sha256->algorithm);
    free(sha256);
}

bool xr_sha256_digest(struct xr_sha256 *sha256, const void *bytes, size_t length,
                      unsigned char digest[XR_SHA256_SIZE])
{
    return EVP_DigestInit_ex2(sha256->context, sha256->algorithm, NULL) == 1 &&
           EVP_DigestUpdate(sha256->context, bytes, length) == 1 &&
           EVP_DigestFinal_ex(sha256->context, digest, NULL) == 1;
}
