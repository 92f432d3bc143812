// test.mjs - golden files, the grammar, the table of cmdlets, and what happens
// to a mail in a tenant where the printed scripts were run.
// REGENERATE=1 writes the golden files anew.
import {existsSync, readFileSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {check_call, check_script} from "./check.mjs";
import {SPREAD, beside_the_gate, employee, journal_report, stranger, values} from "./tenant.mjs";
import {SECRET_BACK, SECRET_IN, commands_run, refuses, rendered, run, setup, tenant, way} from "./world.mjs";

const HERE = new URL(".", import.meta.url).pathname;
const OUT = "c@customer.example", IN = "jiro@example.co.jp", ME = "ichiro@example.co.jp", OTHER = "hanako@example.co.jp";
// Minutes that the server of the first pass is behind, and that of the second.
const LAGS = [[0, 0], [0, SPREAD], [SPREAD, 0], [7, SPREAD], [SPREAD, SPREAD]];
const STEP = 3; // minutes between looks while a script waits
let passed = 0, failed = 0;

function test(name, body) {
	try {
		body();
		passed++;
	} catch (e) {
		failed++;
		console.log(`FAILED ${name}: ${process.env.VERBOSE ? e.stack : e.message}`);
	}
}
function same(got, want, what) {
	if (JSON.stringify(got) !== JSON.stringify(want))
		throw new Error(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
}
function must(ok, what) {
	if (!ok)
		throw new Error(what);
}

// ---- golden files ----
const cases = readFileSync(`${HERE}cases`, "utf8").split("\n").filter((l) => l && !l.startsWith("#")).map((l) => l.split(" "));
const golden_names = new Set();
function golden([name, configuration, ...args]) {
	for (const language of ["ja", "en"]) {
		const type = args[0] === "m365" && !args.includes("--dns") ? "ps1" : "md";
		const file = `${name}.${language}.${type}`, path = `${HERE}golden/${file}`;
		golden_names.add(file);
		test(`golden ${file}`, () => {
			const text = rendered(configuration, ...args, "--language", language);
			must(!/\{\{|\}\}/.test(text), "a tag is left");
			must(!/^\n|\n\n\n/.test(text), "two empty lines");
			if (language === "en")
				must(/^[\x09\x0a\x20-\x7e·]*$/.test(text), `not plain: ${text.match(/[^\x09\x0a\x20-\x7e·].{0,20}/)}`);
			if (type === "ps1") {
				same(text.startsWith("\ufeff"), language === "ja", "byte order mark");
				check_script(text);
			}
			if (process.env.REGENERATE)
				writeFileSync(path, text);
			must(existsSync(path), "no golden file: REGENERATE=1 tests/setup/run");
			const want = readFileSync(path, "utf8").split("\n"), got = text.split("\n");
			const at = got.findIndex((l, i) => l !== want[i]);
			must(at < 0 && got.length === want.length, `line ${at + 1}: ${JSON.stringify(got[at])}, not ${JSON.stringify(want[at])}; REGENERATE=1 tests/setup/run, if meant`);
		});
	}
}

function json() {
	const d = JSON.parse(rendered("m365", "m365", "--json", "--language", "en"));
	same([d.tenant, d.kind, d.what, d.file], ["example", "m365", "setup", "sekisho-example-m365-setup.ps1"], "head");
	same(d.text, rendered("m365", "m365", "--language", "en"), "text");
	must(d.values.dns.some((r) => r.type === "A" && r.value === "203.0.113.10"), "no A");
	must(d.values.dns.every((r) => r.value !== undefined || r.command !== undefined), "a row without value");
}

function errors() {
	for (const [code, words, configuration, ...args] of [
		[64, "m365, google", "m365", "o365"], [64, "of kind google", "m365", "google"],
		[64, "external or all", "m365", "m365", "--scope", "some"], [64, "one of", "m365", "m365", "--undo", "--dns"],
		[64, "mail address", "m365", "m365", "--group", "pilot"], [64, "mail address", "m365", "m365", "--group", "a@b\nRemove-All"],
		[64, "no tenant other", "m365", "m365", "--tenant", "other"], [64, "ja or en", "m365", "m365", "--language", "fr"],
	]) {
		const r = setup(configuration, ...args);
		same(r.code, code, args.join(" "));
		must(r.error.includes(words), `${args}: ${r.error}`);
	}
}

// A value of the configuration never becomes a command.
function quoting() {
	const text = rendered("m365", "m365", "--language", "en", "--group", "o'brien\u2019;x@example.co.jp");
	must(text.includes("'o''brien\u2019\u2019;x@example.co.jp'"), text.match(/FromMemberOf.*/)[0]);
}

// ---- a tenant in which the scripts run ----
function leaks(mail) {
	return mail.headers.filter(([n, v]) => v.includes(SECRET_IN) || v.includes(SECRET_BACK) || /^X-Sekisho-/i.test(n));
}
function through(t, mail, end, what, lags = LAGS) {
	for (const lag of lags) {
		const w = way(t, mail, lag);
		same([w.end, w.at_gate], [end, 1], `${what}, ${lag} minutes behind`);
		same(leaks(w.mail), [], `${what}: left`);
		same(values(w.mail, "X-Disclaimer"), ["1"], `${what}: the tenant's own rule`);
	}
}
function past(t, mail, end, what, lags = LAGS) {
	for (const lag of lags) {
		const w = way(t, mail, lag);
		same([w.end, w.at_gate], [end, 0], `${what}, ${lag} minutes behind`);
	}
}
const settle = (t) => t.sleep(SPREAD + 1);
const state = (t) => structuredClone({rules: t.rules.map(({WhenChanged, ...r}) => r), outbound: t.outbound.map(({WhenChanged, ...c}) => c), inbound: t.inbound.map(({WhenChanged, ...c}) => c)});

function started(script) {
	const t = tenant();
	run(t, script);
	run(t, script, {Start: true});
	settle(t);
	return t;
}

function prepares(script, {certificate}) {
	const t = tenant();
	const before = state(t);
	run(t, script);
	past(t, employee(ME, OUT), "internet", "before -Start", [[0, 0]]);
	same(t.asked.filter((a) => a.secret).length, 2, "secrets asked");
	must(t.asked.every((a) => !/secret|秘密/.test(a.prompt) || a.secret), "a secret is asked in clear");
	const made = state(t);
	run(t, script);
	same(state(t), made, "second run");
	same(t.asked.filter((a) => a.secret).length, 2, "secrets asked again");
	same(t.rules.map((r) => r.Name.split(" ")[2] ?? r.Name), ["R0", "R1", "R2", "R3", "Other"], "order");
	same(t.rules.slice(0, 4).map((r) => [r.RuleErrorAction, r.StopRuleProcessing]), [["Defer", false], ["Defer", false], ["Defer", true], ["Defer", false]], "error action, stop");
	same(t.inbound[0].TlsSenderCertificateName, certificate ? "smtp.example.co.jp" : undefined, "certificate");
	run(t, script, {Test: true});
	same([t.outbound[0].IsValidated, !!t.outbound[0].LastValidationTimestamp], [true, true], "validated");
	return before;
}

function starts(script, who) {
	const t = tenant();
	run(t, script);
	// From the first minute to well after the end no mail may go round twice.
	let minutes = 0;
	t.watch = () => {
		if (minutes++ % STEP)
			return;
		for (const lag of LAGS) {
			const w = way(t, employee(who, OUT), lag);
			must(w.end === "internet" && w.at_gate <= 1, `minute ${minutes}, ${lag} behind: ${w.end} after ${w.at_gate}`);
			same(leaks(w.mail), [], "left");
		}
	};
	run(t, script, {Start: true});
	settle(t);
	must(minutes > SPREAD, "it did not wait");
	through(t, employee(who, OUT), "internet", "external mail");
	same(t.send(employee(who, OUT)).tls, t.outbound[0].SmartHosts[0], "name that TLS asks for");
}

function forges(script, who) {
	const t = started(script);
	const mail = (...headers) => employee(who, OUT, headers);
	through(t, mail(["X-Sekisho-Ok", "yes"]), "internet", "a forged mark");
	through(t, mail(["x-sekisho-ok", "yes"], ["X-Sekisho-Done", "yes"]), "internet", "both forged");
	through(t, mail(["X-Sekisho-Done", SECRET_BACK]), "internet", "the secret from elsewhere");
	through(t, mail(["X-Sekisho-Tenant", "guessguessguessguess"]), "internet", "a forged way in");
	through(t, beside_the_gate(who, OUT, [["X-Sekisho-Done", "guessguessguessguess"]]), "internet", "the address without the secret");
	const stolen = {...mail(["X-Sekisho-Done", `${SECRET_BACK}x`]), ip: "203.0.113.10"};
	through(t, stolen, "internet", "part of a word");
}

function strangers(script, who) {
	const t = started(script);
	past(t, stranger(who, IN), "mailbox", "a stranger with our From");
	past(t, stranger("a@customer.example", IN, [["X-Sekisho-Done", SECRET_BACK]]), "mailbox", "mail from outside");
	same(t.send(stranger(who, OUT)).to, "refused", "relay for strangers");
	// Another tenant's gate: another certificate, another envelope.
	const other = {...stranger("a@other.example", OUT, [["X-Sekisho-Done", SECRET_BACK]]), ip: "203.0.113.10", certificate: "smtp.other.example"};
	same(t.send(other).to, "refused", "another tenant's mail");
	const w = way(Object.assign(t, {gate: Object.assign(t.gate, {believed: ["anotherTenantsSecret"]})}), employee(who, OUT));
	same(w.end, "refused by the gate", "the gate and another tenant's secret");
}

function fails(script, who) {
	for (const rule of ["R0 clear", "R1 back", "R2 route", "R3 clear"]) {
		const t = started(script);
		t.fails = `Sekisho example ${rule}`;
		const w = way(t, employee(who, OUT));
		same([w.end, w.at_gate], ["deferred", rule === "R3 clear" ? 1 : 0], `${rule} fails`);
	}
}

function scopes(script, who, all) {
	const t = started(script);
	if (all)
		through(t, employee(who, IN), "mailbox", "inside mail");
	else
		past(t, employee(who, IN), "mailbox", "inside mail");
	through(t, employee(who, [IN, OUT]), "internet", "mail to both");
}

function groups() {
	const pilot = rendered("m365-pilot", "m365", "--language", "en");
	const everybody = rendered("m365", "m365", "--language", "en");
	const t = started(pilot);
	through(t, employee(ME, OUT), "internet", "a member");
	past(t, employee(OTHER, OUT), "internet", "somebody else");
	// The same names: the script for everybody widens what the pilot made.
	run(t, everybody);
	settle(t);
	through(t, employee(OTHER, OUT), "internet", "everybody");
	same(t.rules.filter((r) => r.FromMemberOf).length, 0, "rules for a group");
}

function journals(script, who) {
	const t = tenant();
	t.journals = ["archive+1@journal.example"];
	run(t, script);
	run(t, script, {Start: true});
	settle(t);
	same(t.rules.map((r) => r.Name.split(" ")[2] ?? r.Name), ["R0", "R1", "RJ", "R2", "R3", "Other"], "order");
	for (const lag of LAGS)
		same([way(t, journal_report("archive+1@journal.example"), lag).at_gate], [0], "a report");
	through(t, employee(who, ["archive+1@journal.example"]), "internet", "an employee to the journal");
	through(t, employee(who, [OUT, "archive+1@journal.example"]), "internet", "an employee with the journal in Bcc");
	t.journals = [];
	run(t, script);
	same(t.rules.map((r) => r.Name.split(" ")[2] ?? r.Name), ["R0", "R1", "R2", "R3", "Other"], "order without journal");
	t.journals = ["archive+1@journal.example"];
	run(t, script);
	return t;
}

function bypasses(script, bypass, who) {
	const t = started(script);
	const held = t.gate.take(t.send(employee(who, OUT)).mail);
	run(t, bypass);
	settle(t);
	past(t, employee(who, OUT), "internet", "during the bypass");
	past(t, held, "internet", "what the gate held");
	same(leaks(way(t, held).mail), [], "left");
	run(t, script);
	settle(t);
	past(t, employee(who, OUT), "internet", "set up again during the bypass");
	run(t, bypass, {Back: true});
	settle(t);
	through(t, employee(who, OUT), "internet", "back");
	// Somebody switched off what mail needs to come back: -Start mends it.
	Object.assign(t.rules[1], {State: "Disabled"});
	run(t, script, {Start: true});
	settle(t);
	through(t, employee(who, OUT), "internet", "mended");
}

function undoes(script, undo, who, before) {
	const t = journals(script, who);
	const held = t.gate.take(t.send(employee(who, OUT)).mail);
	t.answers = {"queue list": "no"};
	refuses(() => run(t, undo), t.asked.at(-1).prompt.includes("関所") || undo.includes("関所") ? "戻り道" : "the way back");
	settle(t);
	past(t, held, "internet", "what the gate still held");
	t.answers = {"queue list": "yes"};
	let after = 0;
	let minutes = 0;
	const check = () => {
		if (minutes++ % STEP)
			return;
		for (const lag of LAGS) {
			const w = way(t, employee(who, OUT), lag);
			must(w.end === "internet" && w.at_gate <= 1, `${w.end} after ${w.at_gate}, ${lag} behind`);
			after++;
		}
	};
	t.watch = check;
	run(t, undo);
	settle(t);
	must(after > 0, "nothing was looked at");
	same(state(t), before, "what is left");
	run(t, undo);
	same(state(t), before, "undo of nothing");
}

// At no minute of the wait a mail is stuck, whatever a server knows.
function undo_waits(script, undo, who) {
	const t = started(script);
	let minutes = 0;
	t.watch = () => {
		if (minutes++ % STEP)
			return;
		for (const lag of LAGS) {
			const w = way(t, employee(who, OUT), lag);
			must(w.end === "internet" && w.at_gate <= 1, `minute ${minutes}, ${lag} behind: ${w.end} after ${w.at_gate}`);
		}
	};
	run(t, undo);
	settle(t);
	must(minutes > 2 * SPREAD, "it did not wait");
}

function rotates(script, who) {
	const t = started(script);
	const next_in = "inCCCCCCCCCCCCCCCCCCCCCC", next_back = "backDDDDDDDDDDDDDDDDDDDD";
	let minutes = 0;
	const always = () => {
		if (minutes++ % STEP)
			return;
		for (const lag of LAGS) {
			const w = way(t, employee(who, OUT), lag);
			same([w.end, w.at_gate], ["internet", 1], `${lag} behind`);
			must(!w.mail.headers.some(([, v]) => v.includes(next_in) || v.includes(next_back)), "a new secret left");
			same(leaks(w.mail), [], "left");
		}
	};
	t.watch = always;
	t.gate.believed = [next_in, SECRET_IN];
	t.answers = {new: next_in, "新しい": next_in};
	run(t, script, {RotateIn: true});
	t.gate.believed = [next_in];
	settle(t);
	t.answers = {new: next_back, "新しい": next_back};
	run(t, script, {RotateBack: true});
	t.gate.back = next_back;
	settle(t);
	run(t, script, {FinishBack: true});
	settle(t);
	same(t.rules.find((r) => r.Name.includes("R1")).HeaderContainsWords, next_back, "what R1 believes");
	// Who learned the old secret from a mail of before has nothing.
	const old = {...employee(who, OUT, [["X-Sekisho-Done", SECRET_BACK]]), ip: "203.0.113.10"};
	same(way(t, old).at_gate, 1, "the old secret");
}

function protects(script) {
	let t = tenant();
	t.id = "99999999-2222-3333-4444-555555555555";
	refuses(() => run(t, script), "tenant-id");
	t.accepted = ["example.co.jp", "example.jp"];
	t.id = "11111111-2222-3333-4444-555555555555";
	refuses(() => run(t, script), "smtp.example.co.jp");
	same([t.rules.length, t.outbound.length, t.inbound.length], [1, 0, 0], "what was made");
	t = tenant();
	for (const bad of ["short", "with blank inside it", "semi;colonSemi;colon", "全角全角全角全角全角全角"]) {
		t.answers = {"": bad};
		refuses(() => run(t, script), script.includes("秘密") ? "英数字" : "letters");
	}
	refuses(() => run(tenant(), script, {Start: true}), "R0");
}

// Every command of the scripts ran in some test, with values that fit.
function covers(names) {
	for (const [name, script] of names) {
		const missed = check_script(script).filter((c) => !commands_run(script).has(c.at));
		same(missed.map((c) => `${c.name} line ${c.line}`), [], `${name}: never run`);
	}
}

function m365(language, configuration, args, {who, certificate = true, all = false}) {
	const script = rendered(configuration, "m365", ...args, "--language", language);
	const undo = rendered(configuration, "m365", "--undo", "--language", language);
	const bypass = rendered(configuration, "m365", "--bypass", "--language", language);
	const name = (what) => `${configuration} ${args.join(" ")} ${language}: ${what}`;
	const before = state(tenant());
	test(name("prepares, twice, and validates"), () => prepares(script, {certificate}));
	test(name("starts"), () => starts(script, who));
	test(name("forged headers are routed all the same"), () => forges(script, who));
	test(name("strangers and other tenants"), () => strangers(script, who));
	test(name("a rule that fails defers"), () => fails(script, who));
	test(name("scope"), () => scopes(script, who, all));
	test(name("journal"), () => journals(script, who));
	test(name("bypass and back"), () => bypasses(script, bypass, who));
	test(name("undo leaves nothing"), () => undoes(script, undo, who, before));
	test(name("undo waits"), () => undo_waits(script, undo, who));
	test(name("rotation"), () => rotates(script, who));
	if (certificate)
		test(name("the wrong tenant, domain or secret"), () => protects(script));
	test(name("every command ran"), () => covers([["setup", script], ["undo", undo], ["bypass", bypass]]));
}

// The checks themselves find what is wrong.
function finds() {
	const bad = (text, words) => {
		try {
			check_script(text);
		} catch (e) {
			return must(e.message.includes(words), `${text}: ${e.message}`);
		}
		throw new Error(`${text}: passed`);
	};
	bad("if ( { x", "does not parse");
	bad("New-TransportRule -Name 'x' -RouteToConnector 'y'", "no parameter RouteToConnector");
	bad("Set-TransportRule -Identity 'x' -Enabled $true", "no parameter Enabled");
	bad("New-SendConnector -Name 'x'", "no cmdlet");
	const call = (cmdlet, values, words) => {
		try {
			check_call(cmdlet, new Map(Object.entries(values)));
		} catch (e) {
			return must(e.message.includes(words), e.message);
		}
		throw new Error(`${cmdlet} ${JSON.stringify(values)}: passed`);
	};
	call("New-OutboundConnector", {Name: "x", TlsSettings: "Strict"}, "TlsSettings");
	call("New-OutboundConnector", {Name: "x".repeat(65)}, "Name");
	call("New-OutboundConnector", {TlsSettings: "EncryptionOnly"}, "needs Name");
	call("New-InboundConnector", {Name: "x", SenderDomains: ["*"], SenderIPAddresses: ["2001:db8::1"]}, "SenderIPAddresses");
	call("New-InboundConnector", {Name: "x", SenderDomains: ["*"], SenderIPAddresses: ["192.0.2.0/20"]}, "SenderIPAddresses");
	call("New-TransportRule", {Name: "x", RuleErrorAction: "Retry"}, "RuleErrorAction");
	call("New-TransportRule", {Name: "x", HeaderContainsMessageHeader: "X Y"}, "HeaderContainsMessageHeader");
	call("New-TransportRule", {Name: "x", Priority: "0"}, "Priority");
}

// A recipe with one thing left out fails one of the tests above: they see it.
function mutants() {
	const script = rendered("m365", "m365", "--language", "en");
	const undo = rendered("m365", "m365", "--undo", "--language", "en");
	const changed = (text, from, to) => {
		must(text.includes(from), `not in the script: ${from}`);
		return text.replace(from, to);
	};
	const fails_with = (from, to, body, text = script) => {
		try {
			body(changed(text, from, to));
		} catch (e) {
			return must(!/is not defined|not a function/.test(e.message), e.message);
		}
		throw new Error(`nobody misses: ${from}`);
	};
	fails_with("    SenderIpRanges = $Addresses\n", "", (s) => forges(s, OTHER));
	fails_with("Set-Rule -Name $R0 -Priority 0 -Enabled $true", "Set-Rule -Name $R0 -Priority 0 -Enabled $false", (s) => {
		forges(s.replace("Wait-Rule -Names $R0, $R1, $R3", "Wait-Rule -Names $R1, $R3"), OTHER);
	});
	fails_with("'Defer'", "'Ignore'", (s) => fails(s, OTHER));
	fails_with("    StopRuleProcessing = $true", "    StopRuleProcessing = $false", (s) => prepares(s, {certificate: true}));
	fails_with("    RemoveHeader = $DoneHeader\n", "", (s) => starts(s, OTHER));
	fails_with("    Wait-Rule -Names $R0, $R1, $R3\n", "", (s) => starts(s, OTHER));
	fails_with("    SentToScope = 'NotInOrganization'", "    SentToScope = $null", (s) => scopes(s, OTHER, false));
	fails_with("CloudServicesMailEnabled = $true\n    Enabled", "CloudServicesMailEnabled = $false\n    Enabled", (s) => scopes(s, OTHER, false));
	fails_with("-HeaderContainsWords ($known + $secretBack)", "-HeaderContainsWords $secretBack", (s) => rotates(s, OTHER));
	fails_with("-ResultSize Unlimited | Where-Object { $_.Name -eq $Name }", "-Identity $Name", (s) => prepares(s, {certificate: true}));
	fails_with("-IsTransportRuleScoped $true | ", "| ", (s) => prepares(s, {certificate: true}));
	fails_with("Set-Rule -Name $R3 -Priority ($next + 1)", "Set-Rule -Name $R3 -Priority 0", (s) => prepares(s, {certificate: true}));
	fails_with("Start-Sleep -Seconds", "Write-Host", (u) => undo_waits(script, u, OTHER), undo);
	fails_with("foreach ($name in $R2, ", "foreach ($name in ", (u) => undoes(script, u, OTHER, state(tenant())), undo);
}

if (process.env.REGENERATE)
	for (const f of readdirSync(`${HERE}golden`))
		rmSync(`${HERE}golden/${f}`);
for (const c of cases)
	golden(c);
test("no golden file too many", () => same(readdirSync(`${HERE}golden`).filter((f) => !golden_names.has(f)), [], "files"));
test("as JSON", json);
test("wrong command lines", errors);
test("values stay values", quoting);
test("the checks find errors", finds);
m365("ja", "m365", [], {who: OTHER});
m365("en", "m365", [], {who: OTHER});
m365("en", "m365", ["--scope", "all"], {who: OTHER, all: true});
m365("en", "m365-pilot", [], {who: ME, certificate: false});
m365("en", "m365-pilot", ["--scope", "all"], {who: ME, certificate: false, all: true});
test("from a pilot to everybody", groups);
test("what is left out is missed", mutants);
console.log(`setup: ${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
