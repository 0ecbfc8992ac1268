/*
 * The proof that whoever redeems an authorization code is who asked for it (RFC 7636): a random
 * verifier that only we know, and the challenge made of it, which the browser carries.
 */
#ifndef XR_PKCE_H
#define XR_PKCE_H

enum { XR_PKCE_LENGTH = 43 }; /* of both: 32 bytes in base64url without padding */

struct xr_secret;

/*
 * A new verifier, which the caller frees, and its challenge (method S256). NULL when there is no
 * randomness or no memory.
 */
struct xr_secret *xr_pkce_new(char challenge[XR_PKCE_LENGTH + 1]);

#endif
