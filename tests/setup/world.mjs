// world.mjs - rendered scripts, and short words for what a test does to them.
import {spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, writeFileSync, copyFileSync, rmSync} from "node:fs";
import {join} from "node:path";
import {Shell, Thrown} from "./shell.mjs";
import {Gate, Tenant} from "./tenant.mjs";

const HERE = new URL(".", import.meta.url).pathname;
const BUILD = process.env.SEKISHO_BUILD ?? "build";
export const SEKISHO = process.env.SEKISHO ?? `${BUILD}/sekisho`;
export const folder = mkdtempSync(join(BUILD, "setup-"));
process.on("exit", () => rmSync(folder, {recursive: true}));
for (const f of ["empty.pem", "policy.yaml", "people.csv", "secret", "secret-back"])
	copyFileSync(join(HERE, "conf", f), join(folder, f));

export function setup(configuration, ...args) {
	const path = join(folder, `${configuration}.yaml`);
	const [name, one] = configuration.split("-one-");
	const text = ["base", name].map((f) => readFileSync(join(HERE, "conf", `${f}.yaml`), "utf8")).join("");
	writeFileSync(path, one ? text.replace(/, "2001:db8::10"/, "") : text);
	const r = spawnSync(SEKISHO, ["setup", ...args, "-c", path], {encoding: "utf8", env: {...process.env, LC_ALL: "C.UTF-8"}});
	if (r.error)
		throw r.error;
	return {code: r.status, text: r.stdout, error: r.stderr};
}

export function rendered(configuration, ...args) {
	const r = setup(configuration, ...args);
	if (r.code !== 0)
		throw new Error(`setup ${args.join(" ")}: ${r.error}`);
	return r.text;
}

export const SECRET_IN = "inAAAAAAAAAAAAAAAAAAAAAA", SECRET_BACK = "backBBBBBBBBBBBBBBBBBBBB";

// A tenant with somebody's rule of its own, and a gate.
export function tenant() {
	const t = new Tenant();
	t.answers = {"secret to": SECRET_IN, "secret back": SECRET_BACK,
		"行きの": SECRET_IN, "戻りの": SECRET_BACK, "queue list": "yes", onboard: "", "yes": "yes"};
	t.rules.push({Name: "Other", State: "Enabled", Mode: "Enforce", RuleErrorAction: "Ignore",
		StopRuleProcessing: false, WhenChanged: 0, FromScope: "InOrganization", SetHeaderName: "X-Disclaimer", SetHeaderValue: "1"});
	t.past.push({at: -1000, rules: structuredClone(t.rules), outbound: [], inbound: []});
	t.gate = new Gate(SECRET_IN, SECRET_BACK);
	return t;
}

// Which commands of a script ran, over all tests.
const ran = new Map();
export function run(t, script, switches = {}) {
	const shell = new Shell(script, t);
	const key = script;
	if (!ran.has(key))
		ran.set(key, new Set());
	try {
		shell.run(switches);
	} finally {
		for (const at of shell.ran)
			ran.get(key).add(at);
	}
	return shell;
}
export const commands_run = (script) => ran.get(script) ?? new Set();

export function refuses(f, words) {
	try {
		f();
	} catch (e) {
		if (e instanceof Thrown && e.message.includes(words))
			return;
		throw e;
	}
	throw new Error(`nothing was thrown; expected "${words}"`);
}

// The whole way of a mail: {end, times at the gate, what left}. Each pass meets a
// server of its own, which is `lags[pass]` minutes behind with the rules.
export function way(t, mail, lags = [0, 0]) {
	for (let pass = 0; pass < 5; pass++) {
		const r = t.send(mail, lags[Math.min(pass, lags.length - 1)]);
		if (r.to !== "gate")
			return {end: r.to, at_gate: pass, mail: r.mail};
		mail = t.gate.take(r.mail);
		if (!mail)
			return {end: "refused by the gate", at_gate: pass + 1, mail: r.mail};
	}
	return {end: "loop", at_gate: 5, mail};
}
