// A machine of somebody else's making: pairs with its owner, and passes on less than it was given.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [desk, machine, jwkText] = process.argv.slice(2);
const jwk = JSON.parse(jwkText);
const key = await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]);
const config = await client.discovery(
  new URL(desk),
  machine,
  undefined,
  client.PrivateKeyJwt({ key, kid: jwk.kid }),
  { algorithm: "oauth2", execute: [client.allowInsecureRequests] },
);
const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair(process.argv[5]));
const details = (services, depth) =>
  JSON.stringify([{ type: "thingdesk_mandate", services, depth }]);

const pairing = await client.initiateDeviceAuthorization(config, {
  authorization_details: details(["*"], 1),
  resource: `${desk}/v1`,
});
console.log(JSON.stringify({ code: pairing.user_code, page: pairing.verification_uri }));
for await (const _ of createInterface({ input: process.stdin })) break; // its owner has answered

const wide = await client.pollDeviceAuthorizationGrant(config, pairing, undefined, { DPoP: dpop });
const narrow = await client.genericGrantRequest(
  config,
  "urn:ietf:params:oauth:grant-type:token-exchange",
  {
    subject_token: wide.access_token,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    authorization_details: details(["vehicle.*"], 0),
  },
  { DPoP: dpop },
);
let wider = "was given";
try {
  await client.genericGrantRequest(
    config,
    "urn:ietf:params:oauth:grant-type:token-exchange",
    {
      subject_token: narrow.access_token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      authorization_details: details(["*"], 0),
    },
    { DPoP: dpop },
  );
} catch (error) {
  wider = error.error;
}
const renewed = await client.refreshTokenGrant(config, wide.refresh_token, undefined, {
  DPoP: dpop,
});
const before = await client.tokenIntrospection(config, narrow.access_token);
await client.tokenRevocation(config, narrow.access_token);
const after = await client.tokenIntrospection(config, narrow.access_token);
console.log(
  JSON.stringify({
    types: [wide.token_type, narrow.token_type, renewed.token_type],
    narrow: narrow.authorization_details,
    wider,
    before: before.active,
    bound: Boolean(before.cnf?.jkt),
    after: after.active,
  }),
);
