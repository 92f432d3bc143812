// sign_token.mjs keys|ALG MAILBOX - another implementation of JOSE signs:
// prints the key set, or a token of an issuer whose private keys lie beside as
// $DIR/ALG.jwk (made on first use).
import fs from "node:fs";
import * as jose from "jose";

const [, , what, mailbox] = process.argv;
const dir = process.env.DIR;
const algs = ["RS256", "PS256", "ES256"];

async function key(alg) {
  const path = `${dir}/${alg}.jwk`;
  if (!fs.existsSync(path)) {
    const { privateKey } = await jose.generateKeyPair(alg,
      { extractable: true });
    fs.writeFileSync(path, JSON.stringify(await jose.exportJWK(privateKey)),
      { mode: 0o600 });
  }
  return JSON.parse(fs.readFileSync(path, "utf8"));
}

if (what === "keys") {
  const keys = [];
  for (const alg of algs) {
    const { kty, n, e, crv, x, y } = await key(alg);
    keys.push({ kty, n, e, crv, x, y, alg, use: "sig", kid: alg });
  }
  console.log(JSON.stringify({ keys }));
} else {
  const token = new jose.SignJWT({ preferred_username: mailbox })
    .setProtectedHeader({ alg: what, kid: what, typ: "at+jwt" })
    .setIssuer("https://login.example.test/v2.0")
    .setAudience("api://sekisho").setIssuedAt().setExpirationTime("10m");
  console.log(await token.sign(await jose.importJWK(await key(what), what)));
}
