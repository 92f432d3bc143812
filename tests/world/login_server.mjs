// login_server.mjs DIR - a mail server of somebody else on loopback, which
// knows one login (DIR/login: name and password, a line each) by PLAIN and
// LOGIN under STARTTLS with DIR/ca/server.pem.  Writes DIR/login.port; DIR/asked
// gets "mechanism name yes|no" for each login.
import fs from "node:fs";
import { SMTPServer } from "smtp-server";

const dir = process.argv[2];
const [name, password] = fs.readFileSync(`${dir}/login`, "utf8").split("\n");
const server = new SMTPServer({
  key: fs.readFileSync(`${dir}/ca/server.key`),
  cert: fs.readFileSync(`${dir}/ca/server.pem`),
  authMethods: ["LOGIN", "PLAIN"],
  logger: false,
  onAuth(auth, session, done) {
    const right = auth.username === name && auth.password === password;
    fs.appendFileSync(`${dir}/asked`,
      `${auth.method} ${auth.username} ${right ? "yes" : "no"}\n`);
    done(right ? null : new Error("Invalid login"), { user: name });
  },
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () =>
  fs.writeFileSync(`${dir}/login.port`, `${server.server.address().port}\n`));
