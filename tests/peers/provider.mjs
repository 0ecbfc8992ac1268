// A stand-in for Xero whose login is not ours: oidc-provider, at Xero's paths, with PKCE required
// and refresh tokens that rotate strictly (the second use of one ends the whole login). The person
// there consents to everything at once. /connections is a list behind that provider's tokens.
//
//   node provider.mjs NODE_MODULES PORT SECONDS     (the life of an access token)
//
// It prints one line when it listens, then one for each thing that happens to a token.

import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID, verify } from "node:crypto";

const [modules, port, seconds] = process.argv.slice(2);
const { default: Provider } = await import(`${modules}/oidc-provider/lib/index.js`);

const origin = `http://localhost:${port}`;
const api = "https://api.xero.example";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const tenants = new Map(); // by consent: its connections, until it is revoked
const consents = new Map(); // grant id -> authentication_event_id

function say(line) {
  process.stdout.write(`${line}\n`);
}

function client(id, more) {
  return {
    client_id: id,
    application_type: "native", // so that the port of a loopback redirect is free
    redirect_uris: ["http://localhost/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    ...more,
  };
}

const provider = new Provider(origin, {
  clients: [
    client("confidential", { client_secret: "a secret that the provider knows" }),
    client("public", { token_endpoint_auth_method: "none" }),
  ],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
  cookies: { keys: [randomUUID()] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  scopes: ["openid", "offline_access", "profile", "email"],
  pkce: { required: () => true, methods: ["S256"] },
  rotateRefreshToken: true,
  routes: {
    authorization: "/identity/connect/authorize",
    token: "/connect/token",
    revocation: "/connect/revocation",
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: Number(seconds), Grant: 86400, Interaction: 60, RefreshToken: 86400, Session: 60,
    IdToken: 60, AuthorizationCode: 60,
  },
  extraTokenClaims: (_, token) => ({ authentication_event_id: consents.get(token.grantId) }),
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => api,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "openid profile email offline_access",
        accessTokenTTL: Number(seconds),
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});

for (const event of ["authorization_code.consumed", "refresh_token.saved",
  "refresh_token.consumed", "grant.revoked"]) {
  provider.on(event, () => say(event));
}
provider.on("grant.revoked", (_, grant) => tenants.delete(consents.get(grant)));
for (const event of ["grant.error", "authorization.error", "revocation.error", "server_error"]) {
  provider.on(event, (_, error) => say(`${event} ${error.error} ${error.error_detail ?? error}`));
}

async function consent(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "somebody", clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  grant.addResourceScope(api, params.scope);
  const grantId = await grant.save();
  const event = randomUUID();
  consents.set(grantId, event);
  tenants.set(event, ["Ridgeway University", "Bayside Club"].map((tenantName) => ({
    id: randomUUID(), authEventId: event, tenantId: randomUUID(), tenantType: "ORGANISATION",
    tenantName, createdDateUtc: "2026-01-02T03:04:05.1234567",
    updatedDateUtc: "2026-01-02T03:04:05.1234567",
  })));
  await provider.interactionFinished(request, response,
    { login: { accountId: "somebody" }, consent: { grantId } },
    { mergeWithLastSubmission: false });
}

// The consent that a token of the provider's was given for; undefined if it is not good.
function consentOf(authorization) {
  const [head, body, signature] = (authorization ?? "").replace(/^Bearer /, "").split(".");
  if (!signature || !verify("RSA-SHA256", Buffer.from(`${head}.${body}`), publicKey,
    Buffer.from(signature, "base64url"))) {
    return undefined;
  }
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  const good = claims.iss === origin && claims.aud === api && claims.exp > Date.now() / 1000;
  return good ? claims.authentication_event_id : undefined;
}

function connections(request, response) {
  const event = consentOf(request.headers.authorization);
  response.writeHead(event ? 200 : 401, { "content-type": "application/json" });
  response.end(JSON.stringify(event ? tenants.get(event) ?? []
    : { Title: "Unauthorized", Status: 401, Detail: "TokenExpired" }));
}

const answer = provider.callback();
createServer((request, response) => {
  if (request.url.startsWith("/connections")) {
    connections(request, response);
  } else if (request.url.startsWith("/interaction/")) {
    consent(request, response).catch((error) => {
      say(`interaction.error ${error}`);
      response.writeHead(500).end();
    });
  } else {
    // Without it, oidc-provider drops the scope offline_access, and Xero does not.
    request.url = request.url.replace("/identity/connect/authorize?", "$&prompt=consent&");
    answer(request, response);
  }
}).listen(Number(port), "localhost", () => say(`listening at ${origin}`));
