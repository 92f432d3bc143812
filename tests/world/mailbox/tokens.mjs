// tokens.mjs - token endpoints that refuse what the real ones refuse: Entra
// client credentials with a certificate, Google service accounts; and a real
// one (oidc-provider) for private_key_jwt.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { Provider } from "oidc-provider";

const SKEW = 300;
const seen = new Set(); // jti of assertions

export const TENANT = "11111111-2222-4333-8444-555555555555";
export const CLIENT = "66666666-7777-4888-9999-000000000000";
export const ENTRA_SCOPE = "https://outlook.office365.com/.default";
export const GOOGLE_SCOPE = "https://mail.google.com/";

// What may log in: token -> {user: mailbox or "*", ends: seconds}.
export const issued = new Map();
export const control = { life: 3599, fail: 0, asked: { entra: 0, google: 0 } };

const now = () => Math.floor(Date.now() / 1000);
const b64url = (s) => Buffer.from(s, "base64url");

class Refusal extends Error {
  constructor(error, code, text) {
    super(text ?? error);
    Object.assign(this, { error, code });
  }
}

function issue(user) {
  // As long as real ones are, and of no meaning to us.
  const token = `eyJ0eXAi.${crypto.randomBytes(1100).toString("base64url")}.x`;
  issued.set(token, { user, ends: now() + control.life });
  fs.appendFileSync(`${control.dir}/issued`, `${token}\n`);
  return { token_type: "Bearer", expires_in: control.life,
    access_token: token };
}

function split(jwt) {
  const part = String(jwt ?? "").split(".");
  if (part.length !== 3) throw new Refusal("invalid_client", 50027);
  return { head: JSON.parse(b64url(part[0])),
    claims: JSON.parse(b64url(part[1])),
    text: Buffer.from(`${part[0]}.${part[1]}`), signature: b64url(part[2]) };
}

function times(c, longest) {
  if (!(c.exp > now() - SKEW)) throw new Refusal("invalid_client", 700024);
  if (!((c.nbf ?? c.iat) <= now() + SKEW))
    throw new Refusal("invalid_client", 700024);
  if (!(c.exp - (c.iat ?? c.nbf) <= longest))
    throw new Refusal("invalid_client", 700024);
}

// Microsoft Entra: "application authentication certificate credentials".
export function entra(form, url, pem) {
  const cert = new crypto.X509Certificate(pem);
  if (form.get("grant_type") !== "client_credentials")
    throw new Refusal("unsupported_grant_type", 70003);
  if (form.get("client_id") !== CLIENT)
    throw new Refusal("unauthorized_client", 700016);
  if (form.get("scope") !== ENTRA_SCOPE)
    throw new Refusal("invalid_scope", 70011);
  if (form.get("client_assertion_type") !==
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    throw new Refusal("invalid_client", 7000216);
  const t = split(form.get("client_assertion"));
  const thumb = crypto.createHash("sha256").update(cert.raw)
    .digest("base64url");
  if (t.head.alg !== "PS256" || t.head.typ !== "JWT" ||
      t.head["x5t#S256"] !== thumb)
    throw new Refusal("invalid_client", 700027);
  const key = { key: cert.publicKey, saltLength: 32,
    padding: crypto.constants.RSA_PKCS1_PSS_PADDING };
  if (!crypto.verify("sha256", t.text, key, t.signature))
    throw new Refusal("invalid_client", 700027);
  if (t.claims.aud !== url) throw new Refusal("invalid_client", 700023);
  if (t.claims.iss !== CLIENT || t.claims.sub !== CLIENT)
    throw new Refusal("invalid_client", 700021);
  times(t.claims, 24 * 3600);
  if (!t.claims.jti || seen.has(t.claims.jti))
    throw new Refusal("invalid_client", 700024, "jti");
  seen.add(t.claims.jti);
  return issue("*");
}

// Google: "using OAuth 2.0 for server to server applications".
export function google(form, url, account) {
  if (form.get("grant_type") !==
      "urn:ietf:params:oauth:grant-type:jwt-bearer")
    throw new Refusal("unsupported_grant_type");
  const t = split(form.get("assertion"));
  if (t.head.alg !== "RS256" || t.head.typ !== "JWT" ||
      t.head.kid !== account.private_key_id)
    throw new Refusal("invalid_grant", 0, "Invalid JWT Signature.");
  const key = crypto.createPublicKey(account.private_key);
  if (!crypto.verify("sha256", t.text, key, t.signature))
    throw new Refusal("invalid_grant", 0, "Invalid JWT Signature.");
  if (t.claims.iss !== account.client_email || t.claims.aud !== url)
    throw new Refusal("invalid_grant", 0, "Invalid issuer or audience");
  if (t.claims.scope !== GOOGLE_SCOPE)
    throw new Refusal("unauthorized_client", 0, "not delegated");
  if (!String(t.claims.sub).endsWith("@google.example"))
    throw new Refusal("invalid_grant", 0, "Invalid email or User ID");
  if (t.claims.exp - t.claims.iat > 3600)
    throw new Refusal("invalid_grant", 0, "Token must be short-lived");
  times(t.claims, 3600);
  return issue(t.claims.sub);
}

function refuse(res, e) {
  const body = { error: e.error ?? "invalid_request",
    error_description: `AADSTS${e.code}: ${e.message}`,
    trace_id: crypto.randomUUID(), correlation_id: crypto.randomUUID() };
  if (e.code) body.error_codes = [e.code];
  res.writeHead(e.error === "invalid_client" ? 401 : 400,
    { "Content-Type": "application/json" });
  res.end(JSON.stringify(body));
}

async function answer(req, res, base, conf) {
  let text = "";
  for await (const piece of req) text += piece;
  const form = new URLSearchParams(text);
  const url = base + req.url;
  if (control.fail > 0) {
    control.fail--;
    res.writeHead(503, { "Retry-After": "1" });
    return res.end();
  }
  try {
    let body;
    if (req.method !== "POST" || req.headers["content-type"] !==
        "application/x-www-form-urlencoded")
      throw new Refusal("invalid_request", 900144);
    if (req.url === `/${TENANT}/oauth2/v2.0/token`) {
      control.asked.entra++;
      body = entra(form, url, conf.pem);
    } else if (req.url === "/token") {
      control.asked.google++;
      body = google(form, url, conf.account);
    } else {
      throw new Refusal("invalid_request", 90002);
    }
    res.writeHead(200, { "Content-Type": "application/json",
      "Cache-Control": "no-store" });
    res.end(JSON.stringify(body));
  } catch (e) {
    fs.appendFileSync(`${control.dir}/refused`, `${e.code} ${e.message}\n`);
    refuse(res, e);
  }
}

const listen = (server) => new Promise((done) =>
  server.listen(0, "127.0.0.1", () => done(server.address().port)));

export async function startEndpoints(conf) {
  const server = http.createServer((req, res) =>
    answer(req, res, server.base, conf));
  const port = await listen(server);
  server.base = `http://127.0.0.1:${port}`;
  return port;
}

// The real one: it knows our key, and finds its tokens again.
export async function startProvider(conf) {
  const server = http.createServer();
  const port = await listen(server);
  const jwk = new crypto.X509Certificate(conf.pem).publicKey
    .export({ format: "jwk" });
  const signing = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ format: "jwk" });
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: CLIENT, redirect_uris: [], response_types: [],
      grant_types: ["client_credentials"], scope: ENTRA_SCOPE,
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "PS256",
      jwks: { keys: [{ ...jwk, use: "sig" }] } }],
    clientAuthMethods: ["private_key_jwt"],
    enabledJWA: { clientAuthSigningAlgValues: ["PS256"] },
    features: { clientCredentials: { enabled: true },
      devInteractions: { enabled: false } },
    jwks: { keys: [signing] },
    scopes: [ENTRA_SCOPE],
    ttl: { ClientCredentials: () => control.life },
  });
  server.on("request", provider.callback());
  provider.on("grant.error", (ctx, e) => fs.appendFileSync(
    `${control.dir}/refused`, `provider: ${e.message}: ${e.error_detail}\n`));
  provider.on("client_credentials.saved", (t) => fs.appendFileSync(
    `${control.dir}/issued`, `${t.jti}\n`));
  return { port, knows: async (token) =>
    Boolean(await provider.ClientCredentials.find(token)) };
}
