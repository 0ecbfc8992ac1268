/* Secrets at rest. See seal.h. */
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

#define LIBRARY "libsodium.so.23"

enum { KEY = 32, NONCE = 24, MAC = 16, BASE64_ORIGINAL = 1 };

#define MARK_LENGTH (sizeof XR_SEAL_MARK - 1)

struct xr_seal {
    void *library;
    struct xr_secret *key;
    int (*init)(void);
    void (*random)(void *bytes, size_t size);
    int (*from_base64)(unsigned char *bytes, size_t size, const char *text, size_t length,
                       const char *ignore, size_t *bytes_length, const char **end, int variant);
    char *(*to_base64)(char *text, size_t size, const unsigned char *bytes, size_t length,
                       int variant);
    int (*box)(unsigned char *box, const unsigned char *plain, unsigned long long length,
               const unsigned char *nonce, const unsigned char *key);
    int (*unbox)(unsigned char *plain, const unsigned char *box, unsigned long long length,
                 const unsigned char *nonce, const unsigned char *key);
};

#define PLACE(member) offsetof(struct xr_seal, member)

static const struct xr_library_symbol symbols[] = {
    {"sodium_init", PLACE(init)},
    {"randombytes_buf", PLACE(random)},
    {"sodium_base642bin", PLACE(from_base64)},
    {"sodium_bin2base64", PLACE(to_base64)},
    {"crypto_secretbox_easy", PLACE(box)},
    {"crypto_secretbox_open_easy", PLACE(unbox)},
};

static bool load(struct xr_seal *seal, char *why, size_t size)
{
    seal->library =
        xr_library_load(LIBRARY, symbols, sizeof symbols / sizeof symbols[0], seal, why, size);
    if (!seal->library)
        return false;
    if (seal->init() < 0) {
        (void)snprintf(why, size, LIBRARY " finds no random numbers");
        return false;
    }
    return true;
}

static bool take_key(struct xr_seal *seal, const struct xr_secret *text, char *why, size_t size)
{
    char *key;
    size_t length = 0;
    seal->key = xr_secret_reserve(KEY, &key);
    if (!seal->key) {
        (void)snprintf(why, size, "memory is short");
        return false;
    }
    if (seal->from_base64((unsigned char *)key, KEY, xr_secret_bytes(text), xr_secret_length(text),
                          NULL, &length, NULL, BASE64_ORIGINAL) != 0 ||
        length != KEY) {
        (void)snprintf(why, size, "it is not 32 bytes in base64");
        return false;
    }
    return true;
}

struct xr_seal *xr_seal_new(const struct xr_secret *text, char *why, size_t size, bool *missing)
{
    *missing = false;
    struct xr_seal *seal = calloc(1, sizeof *seal);
    if (!seal) {
        (void)snprintf(why, size, "memory is short");
        return NULL;
    }
    *missing = !load(seal, why, size);
    if (!*missing && take_key(seal, text, why, size))
        return seal;
    xr_seal_free(seal);
    return NULL;
}

bool xr_seal_is_sealed(const struct xr_secret *bytes)
{
    return xr_secret_length(bytes) >= MARK_LENGTH &&
           memcmp(xr_secret_bytes(bytes), XR_SEAL_MARK, MARK_LENGTH) == 0;
}

static const unsigned char *key_of(const struct xr_seal *seal)
{
    return (const unsigned char *)xr_secret_bytes(seal->key);
}

/* The nonce and the box of the plain bytes; the caller's. */
static struct xr_secret *make_box(const struct xr_seal *seal, const struct xr_secret *plain)
{
    char *bytes;
    size_t length = xr_secret_length(plain);
    struct xr_secret *box = xr_secret_reserve(NONCE + MAC + length, &bytes);
    if (!box)
        return NULL;
    unsigned char *nonce = (unsigned char *)bytes;
    seal->random(nonce, NONCE);
    (void)seal->box(nonce + NONCE, (const unsigned char *)xr_secret_bytes(plain), length, nonce,
                    key_of(seal)); /* fails only for lengths beyond memory */
    return box;
}

struct xr_secret *xr_seal_close(const struct xr_seal *seal, const struct xr_secret *plain)
{
    struct xr_secret *box = make_box(seal, plain);
    if (!box)
        return NULL;
    char *bytes;
    size_t length = (xr_secret_length(box) + 2) / 3 * 4;
    struct xr_secret *sealed = xr_secret_reserve(MARK_LENGTH + length, &bytes);
    if (sealed) {
        memcpy(bytes, XR_SEAL_MARK, MARK_LENGTH);
        /* A secret has room for the NUL that ends the text. */
        (void)seal->to_base64(bytes + MARK_LENGTH, length + 1,
                              (const unsigned char *)xr_secret_bytes(box), xr_secret_length(box),
                              BASE64_ORIGINAL);
    }
    xr_secret_free(box);
    return sealed;
}

/* The box in a sealed text, and its length; the caller's. */
static struct xr_secret *take_box(const struct xr_seal *seal, const struct xr_secret *sealed,
                                  size_t *length)
{
    char *bytes;
    size_t text = xr_secret_length(sealed) - MARK_LENGTH;
    struct xr_secret *box = xr_secret_reserve(text, &bytes);
    if (box &&
        seal->from_base64((unsigned char *)bytes, text, xr_secret_bytes(sealed) + MARK_LENGTH, text,
                          NULL, length, NULL, BASE64_ORIGINAL) == 0 &&
        *length >= NONCE + MAC)
        return box;
    xr_secret_free(box);
    return NULL;
}

struct xr_secret *xr_seal_open(const struct xr_seal *seal, const struct xr_secret *sealed)
{
    size_t length;
    struct xr_secret *box = xr_seal_is_sealed(sealed) ? take_box(seal, sealed, &length) : NULL;
    if (!box)
        return NULL;
    char *plain;
    const unsigned char *nonce = (const unsigned char *)xr_secret_bytes(box);
    struct xr_secret *opened = xr_secret_reserve(length - NONCE - MAC, &plain);
    if (opened && seal->unbox((unsigned char *)plain, nonce + NONCE, length - NONCE, nonce,
                              key_of(seal)) != 0) {
        xr_secret_free(opened);
        opened = NULL;
    }
    xr_secret_free(box);
    return opened;
}

void xr_seal_free(struct xr_seal *seal)
{
    if (!seal)
        return;
    xr_secret_free(seal->key);
    xr_library_close(seal->library);
    free(seal);
}
