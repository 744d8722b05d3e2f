// A foreign log-in: PORT and where browsers go back to. Whoever gives a name of ACCOUNTS is that.
import Provider from "oidc-provider";

const [port, back] = process.argv.slice(2);
const ACCOUNTS = {
  ada: { email: "ada@example.org", email_verified: true, name: "Ada", groups: ["it"] },
  mallory: { email: "staff@example.org", email_verified: false, name: "Mallory", groups: ["it"] },
  eve: { email: "eve@example.org", email_verified: true, name: "Eve", groups: ["guests"] },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "desk", client_secret: "a secret of the desk", redirect_uris: [back] }],
  claims: { email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  pkce: { required: () => true },
  cookies: { keys: ["a key of a test"] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...ACCOUNTS[id] }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
