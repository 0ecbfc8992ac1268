/* OpenSSL, entered with care; see crypto.h. */
#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

bool xr_crypto_ready(void)
{
    return OSSL_LIB_CTX_get0_global_default() != NULL;
}

bool xr_crypto_sha256(const void *bytes, size_t length, unsigned char digest[XR_SHA256_SIZE])
{
    return xr_crypto_ready() && EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) == 1;
}
