/* Certificates made on the fly; see certificate.h. */
#include "certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

/* A client whose clock is a little behind ours must not find the certificate "not yet valid". */
static const long clock_slack = 3600;

/* Sets a serial number of 63 random bits: positive, as RFC 5280 section 4.1.2.2 wants it. */
static bool set_serial(X509 *x509)
{
    uint64_t serial = 0;
    if (RAND_bytes((unsigned char *)&serial, sizeof serial) != 1)
        return false;
    serial >>= 1;
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1;
}

/* One name as a subject alternative name: an address where it reads as one, else a DNS name. */
static GENERAL_NAME *general_name(const char *name)
{
    ASN1_STRING *value = a2i_IPADDRESS(name);
    int type = GEN_IPADD;
    if (value == NULL) {
        type = GEN_DNS;
        value = ASN1_IA5STRING_new();
        if (value == NULL || ASN1_STRING_set(value, name, -1) != 1) {
            ASN1_STRING_free(value);
            return NULL;
        }
    }
    GENERAL_NAME *general = GENERAL_NAME_new();
    if (general == NULL) {
        ASN1_STRING_free(value);
        return NULL;
    }
    GENERAL_NAME_set0_value(general, type, value);
    return general;
}

static bool add_names(X509 *x509, const char *const *names, size_t count)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    bool good = list != NULL;
    for (size_t i = 0; good && i < count; i++) {
        GENERAL_NAME *name = general_name(names[i]);
        good = name != NULL && sk_GENERAL_NAME_push(list, name) > 0;
        if (!good)
            GENERAL_NAME_free(name);
    }
    good = good && X509_add1_ext_i2d(x509, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(list);
    return good;
}

static bool add_extension(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool good = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* Strict verifiers (Python 3.13 is one) want every one of these of a certificate authority. */
static bool add_extensions(X509 *x509)
{
    return add_extension(x509, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(x509, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(x509, NID_ext_key_usage, "serverAuth") &&
           add_extension(x509, NID_subject_key_identifier, "hash");
}

static bool fill(X509 *x509, EVP_PKEY *key, const char *const *names, size_t count, int days)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
           X509_gmtime_adj(X509_getm_notBefore(x509), -clock_slack) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(x509), days, 0, NULL) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)"xero-run sandbox", -1, -1, 0) == 1 &&
           X509_set_issuer_name(x509, subject) == 1 && X509_set_pubkey(x509, key) == 1 &&
           add_extensions(x509) && add_names(x509, names, count) &&
           X509_sign(x509, key, EVP_sha256()) > 0;
}

/* The bytes of a memory BIO as an allocated string, or NULL. */
static char *text_of(BIO *bio)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    char *text = length > 0 ? malloc((size_t)length + 1) : NULL;
    if (text == NULL)
        return NULL;
    memcpy(text, bytes, (size_t)length); /* not strndup: the bytes end without a NUL */
    text[length] = '\0';
    return text;
}

/* OpenSSL wipes a secure-memory BIO when it is freed; the copy is ours to wipe. */
static bool write_pem(struct xr_certificate *out, X509 *x509, EVP_PKEY *key)
{
    BIO *public = BIO_new(BIO_s_mem());
    BIO *private = BIO_new(BIO_s_secmem());
    if (public != NULL && private != NULL && PEM_write_bio_X509(public, x509) == 1 &&
        PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) == 1) {
        out->certificate = text_of(public);
        out->key = text_of(private);
    }
    BIO_free(public);
    BIO_free(private);
    return out->certificate != NULL && out->key != NULL;
}

bool xr_certificate_make(struct xr_certificate *certificate, const char *const *names, size_t count,
                         int days, char *message, size_t size)
{
    if (!xr_crypto_ready()) {
        (void)snprintf(message, size, "no certificate could be made: memory is short");
        return false;
    }
    ERR_clear_error();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    bool good = key != NULL && x509 != NULL && fill(x509, key, names, count, days) &&
                write_pem(certificate, x509, key);
    X509_free(x509);
    EVP_PKEY_free(key);
    if (!good) {
        char reason[160];
        ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
        (void)snprintf(message, size, "no certificate could be made: %s", reason);
        xr_certificate_clear(certificate);
    }
    return good;
}

void xr_certificate_clear(struct xr_certificate *certificate)
{
    if (certificate->key != NULL)
        OPENSSL_cleanse(certificate->key, strlen(certificate->key));
    free(certificate->key);
    free(certificate->certificate);
    *certificate = (struct xr_certificate){0};
}
