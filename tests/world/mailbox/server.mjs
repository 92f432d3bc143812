// server.mjs DIR - mailboxes on loopback: token endpoints, and submission
// servers that take their tokens by XOAUTH2 as Exchange Online and Gmail do.
//
// DIR holds app.pem (the application's certificate), google.json (key file of
// the service account), password (of a relay), server.pem and server.key.  Writes DIR/ports.json;
// keeps mail in DIR/mail.jsonl, tokens in DIR/issued, what was refused in
// DIR/refused.  POST /control with JSON sets life, fail, throttle, revoke, and
// refuse: the kind at which every login fails.
import fs from "node:fs";
import http from "node:http";
import { SMTPServer } from "smtp-server";
import { control, issued, startEndpoints, startProvider }
  from "./tokens.mjs";

const dir = process.argv[2];
const read = (name) => fs.readFileSync(`${dir}/${name}`, "utf8");
const at_once = new Map(); // mailbox -> connections
let throttle = 0;
let refuse = "";

Object.assign(control, { dir });

const reply = (code, text) =>
  Object.assign(new Error(text), { responseCode: code });

async function holds(kind, auth, user, provider) {
  const token = auth.accessToken;
  if (kind === refuse) return false;
  if (kind === "relay")
    return user === "gate" && auth.password === read("password").trim();
  if (kind === "oidc") return provider.knows(token);
  const t = issued.get(token);
  return Boolean(t && t.ends > Date.now() / 1000 &&
    (t.user === "*" || t.user === user));
}

function takeMail(kind, session, text) {
  const from = /^From: *(?:.*<)?([^<>\s]+)>?\r?$/im.exec(
    text.split("\r\n\r\n")[0])?.[1];
  if (kind !== "relay" && from?.toLowerCase() !== session.user)
    throw reply(554, "5.2.252 SendAsDenied");
  fs.appendFileSync(`${dir}/mail.jsonl`, JSON.stringify({ kind,
    user: session.user, tls: session.secure,
    from: session.envelope.mailFrom.address,
    to: session.envelope.rcptTo.map((r) => r.address),
    subject: /^Subject: *(.*?)\r?$/im.exec(text)?.[1], text }) + "\n");
}

async function onAuth(kind, provider, auth, session) {
  const user = auth.username.toLowerCase();
  fs.appendFileSync(`${dir}/logins`, `${kind} ${auth.method} ${user}\n`);
  if (throttle > 0) {
    throttle--;
    throw reply(432, "4.3.2 Concurrent connections limit exceeded");
  }
  if (await holds(kind, auth, user, provider)) {
    at_once.set(user, (at_once.get(user) ?? 0) + 1);
    session.mailbox = user;
    if (at_once.get(user) > 3)
      throw reply(432, "4.3.2 Concurrent connections limit exceeded");
    return { user };
  }
  fs.appendFileSync(`${dir}/refused`, `login ${kind} ${user}\n`);
  if (kind === "google") // the reason first, the verdict behind it
    return { data: { status: "401", schemes: "bearer",
      scope: "https://mail.google.com/" } };
  throw reply(535, "5.7.3 Authentication unsuccessful");
}

function smtp(kind, provider) {
  const server = new SMTPServer({
    key: read("server.key"), cert: read("server.pem"),
    authMethods: [kind === "relay" ? "LOGIN" : "XOAUTH2"], allowInsecureAuth: false, logger: false,
    disableReverseLookup: true,
    onAuth: (auth, session, done) => onAuth(kind, provider, auth, session)
      .then((r) => done(null, r), done),
    onMailFrom: (address, session, done) =>
      done(kind === "relay" ||
          address.address.toLowerCase() === session.user ? null
        : reply(550, "5.7.60 Client does not have permissions to send as " +
            "this sender")),
    onRcptTo: (address, session, done) =>
      done(address.address.startsWith("nobody@")
        ? reply(550, "5.1.1 no such person") : null),
    onData: (stream, session, done) => {
      let text = "";
      stream.on("data", (piece) => { text += piece; });
      stream.on("end", () => {
        try {
          takeMail(kind, session, text);
          done();
        } catch (e) {
          done(e);
        }
      });
    },
    onClose: (session) => {
      if (session.mailbox)
        at_once.set(session.mailbox, at_once.get(session.mailbox) - 1);
    },
  });
  server.on("error", () => {});
  return new Promise((done) => server.listen(0, "127.0.0.1",
    function listening() { done(this.address().port); }));
}

async function onControl(req, res) {
  let text = "";
  for await (const piece of req) text += piece;
  const want = JSON.parse(text || "{}");
  if (want.life) control.life = want.life;
  if (want.fail) control.fail = want.fail;
  if (want.throttle) throttle = want.throttle;
  if (want.revoke) issued.clear();
  if (want.refuse !== undefined) refuse = want.refuse;
  res.end(JSON.stringify(control.asked));
}

const conf = { pem: read("app.pem"), account: JSON.parse(read("google.json")) };
const ports = { token: await startEndpoints(conf) };
const provider = await startProvider(conf);
ports.oidc = provider.port;
for (const kind of ["entra", "google", "oidc", "relay"])
  ports[`smtp_${kind}`] = await smtp(kind, provider);
ports.control = await new Promise((done) => {
  const server = http.createServer(onControl);
  server.listen(0, "127.0.0.1", () => done(server.address().port));
});
fs.writeFileSync(`${dir}/ports.new`, JSON.stringify(ports));
fs.renameSync(`${dir}/ports.new`, `${dir}/ports.json`);
