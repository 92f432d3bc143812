// peer.mjs - mailauth (npm, tests/package.json) as the second independent
// verifier.
//
// peer.mjs verify RECORDS FILE...  "FILE ALGORITHM RESULT" for each signature
// peer.mjs sign DIR                every DIR/in/X.eml, in four canonical forms
//                                  and two algorithms: DIR/mailauth/...
// RECORDS: lines "NAME TEXT".
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(new URL("../package.json", import.meta.url));
const { dkimVerify } = require("mailauth/lib/dkim/verify");
const { dkimSign } = require("mailauth/lib/dkim/sign");

async function verify(records, file) {
	const table = new Map(fs.readFileSync(records, "utf8").split("\n")
		.map((l) => [l.slice(0, l.indexOf(" ")), l.slice(l.indexOf(" ") + 1)]));
	const resolver = async (name, type) => {
		if (type === "TXT" && table.has(name))
			return [[table.get(name)]];
		throw Object.assign(new Error("no name"), { code: "ENOTFOUND" });
	};
	const { results } = await dkimVerify(fs.readFileSync(file), { resolver });
	for (const r of results ?? []) {
		if (r.status.result === "none")
			console.log(file, "none", "none");
		else
			console.log(file, (r.algo ?? "").startsWith("ed") ? "ed25519" : "rsa",
				r.status.result);
	}
}

async function sign(top) {
	const key = (n) => fs.readFileSync(path.join(top, n), "utf8");
	fs.mkdirSync(path.join(top, "mailauth"), { recursive: true });
	for (const name of fs.readdirSync(path.join(top, "in")).sort()) {
		const mail = fs.readFileSync(path.join(top, "in", name));
		for (const form of ["simple/simple", "simple/relaxed",
			"relaxed/simple", "relaxed/relaxed"]) {
			const { signatures, errors } = await dkimSign(mail, {
				canonicalization: form,
				signTime: new Date(),
				signatureData: [
					{ signingDomain: "example.co.jp", selector: "rsa",
						privateKey: key("rsa.pem"), algorithm: "rsa-sha256" },
					{ signingDomain: "example.co.jp", selector: "ed",
						privateKey: key("ed.pem"), algorithm: "ed25519-sha256" },
				],
			});
			if (errors.length)
				throw new Error(`${name}: ${errors[0].err}`);
			fs.writeFileSync(path.join(top, "mailauth",
				`${name.slice(0, -4)}.${form.replace("/", "-")}.eml`),
				Buffer.concat([Buffer.from(signatures), mail]));
		}
	}
}

const [what, first, ...rest] = process.argv.slice(2);
if (what === "sign")
	await sign(first);
else
	for (const file of rest)
		await verify(first, file);
