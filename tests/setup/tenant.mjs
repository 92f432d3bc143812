// tenant.mjs - a Microsoft 365 tenant that obeys the rules of its manual:
// conditions AND, values of one condition OR, exceptions OR, priority, stop,
// what a rule's failure does, changes that take up to 30 minutes to be known.
import {BlockList, isIPv6} from "node:net";
import {check_call} from "./check.mjs";
import {Thrown} from "./shell.mjs";

export const SPREAD = 30; // minutes until every server knows a rule
const SERVICE = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.co.jp";

const items = (v) => v === null || v === undefined ? [] : Array.isArray(v) ? v : [v];
const lower = (s) => s.toLowerCase();
const domain = (address) => address.slice(address.lastIndexOf("@") + 1);
const clone = (x) => structuredClone(x);

const lists = new Map();
function list_of(ranges) {
	const b = new BlockList();
	for (const r of ranges) {
		const [net, bits] = r.split("/");
		const family = isIPv6(net) ? "ipv6" : "ipv4";
		if (bits)
			b.addSubnet(net, Number(bits), family);
		else
			b.addAddress(net, family);
	}
	return b;
}
function in_ranges(ip, ranges) {
	const key = items(ranges).join(" ");
	if (!lists.has(key))
		lists.set(key, list_of(items(ranges)));
	return ip ? lists.get(key).check(ip, isIPv6(ip) ? "ipv6" : "ipv4") : false;
}

const values = (mail, name) => mail.headers.filter(([n]) => lower(n) === lower(name)).map(([, v]) => v);
const has_word = (text, word) => text.split(/[^A-Za-z0-9]+/).some((w) => lower(w) === lower(word));
const matches = (texts, patterns) => texts.some((t) => items(patterns).some((p) => new RegExp(p, "i").test(t)));

// Each condition: (tenant, mail, value, rule) -> does it hold?
const CONDITIONS = {
	FromScope: (t, m, v) => (v === "InOrganization") === (m.authenticated && t.accepted.includes(domain(m.from))),
	SentToScope: (t, m, v) => m.to.some((a) => (v === "InOrganization") === t.accepted.includes(domain(a))),
	FromMemberOf: (t, m, v) => items(v).some((g) => t.groups[g]?.includes(m.from)),
	SenderIpRanges: (t, m, v) => in_ranges(m.ip, v),
	FromAddressMatchesPatterns: (t, m, v) => matches([m.from], v),
	RecipientAddressMatchesPatterns: (t, m, v) => matches(m.to, v),
	HeaderContainsWords: (t, m, v, r) => values(m, r.HeaderContainsMessageHeader).some((h) => items(v).some((w) => has_word(h, w))),
};
const EXCEPTIONS = {
	ExceptIfHeaderContainsWords: (t, m, v, r) => values(m, r.ExceptIfHeaderContainsMessageHeader).some((h) => items(v).some((w) => has_word(h, w))),
};
const SETTINGS = ["Name", "State", "WhenChanged", "Mode", "RuleErrorAction", "StopRuleProcessing",
	"HeaderContainsMessageHeader", "ExceptIfHeaderContainsMessageHeader",
	"SetHeaderName", "SetHeaderValue", "RemoveHeader", "RouteMessageOutboundConnector", "Disclaimer"];

export class Tenant {
	constructor() {
		this.clock = 0;
		this.id = "11111111-2222-3333-4444-555555555555";
		this.accepted = ["example.co.jp", "example.jp", "smtp.example.co.jp", "example.onmicrosoft.com"];
		this.groups = {"pilot@example.co.jp": ["ichiro@example.co.jp"]};
		this.journals = [];
		this.rules = [];
		this.outbound = [];
		this.inbound = [];
		this.past = [];
		this.answers = {};
		this.asked = [];
		this.fails = null; // name of a rule that cannot be evaluated
		this.watch = null; // called each minute of a sleep
		this.calls = 0;
	}

	// ---- what a script sees ----
	answer(prompt, secret) {
		this.asked.push({prompt, secret});
		for (const [part, text] of Object.entries(this.answers))
			if (prompt.includes(part))
				return text;
		throw new Error(`nobody answers "${prompt}"`);
	}

	sleep(minutes) {
		for (let i = 0; i < Math.ceil(minutes); i++) {
			this.clock++;
			this.watch?.();
		}
	}

	call(cmdlet, named, placed) {
		this.calls++;
		if (placed.length)
			throw new Error(`${cmdlet}: an argument without its name`);
		check_call(cmdlet, named);
		const [verb, noun] = cmdlet.split("-");
		if (["Remove", "Disable", "Enable"].includes(verb) && verb !== "Enable" && named.get("Confirm") !== false)
			throw new Error(`${cmdlet} waits for a yes`);
		const p = new Map([...named].filter(([k]) => k !== "Confirm"));
		const result = this[cmdlet.replace("-", "_")]?.(p) ?? this.generic(verb, noun, p);
		if (verb !== "Get")
			this.past.push({at: this.clock, rules: clone(this.rules), outbound: clone(this.outbound), inbound: clone(this.inbound)});
		return result;
	}

	Connect_ExchangeOnline() { return []; }
	Get_ConnectionInformation() { return [{TenantID: this.id, State: "Connected"}]; }
	Get_AcceptedDomain() { return this.accepted.map((d) => ({DomainName: d})); }
	Get_JournalRule() { return this.journals.map((a) => ({JournalEmailAddress: a})); }
	Validate_OutboundConnector(p) {
		this.one(this.outbound, p);
		return [{TaskName: "connectivity", IsTaskSuccessful: true}];
	}

	place(noun) {
		const lists = {TransportRule: "rules", OutboundConnector: "outbound", InboundConnector: "inbound"};
		if (!lists[noun])
			throw new Error(`no model of ${noun}`);
		return this[lists[noun]];
	}
	one(list, p) {
		const found = list.find((x) => x.Name === p.get("Identity"));
		if (!found)
			throw new Thrown(`${p.get("Identity")} couldn't be found`);
		return found;
	}

	generic(verb, noun, p) {
		const list = this.place(noun);
		switch (verb) {
		case "Get": {
			// As documented: connectors of rules are shown to those who ask.
			if (noun === "OutboundConnector")
				return clone(list.filter((x) => !!x.IsTransportRuleScoped === !!p.get("IsTransportRuleScoped")));
			// As documented: a name that does not exist returns everything.
			const found = list.filter((x) => x.Name === p.get("Identity"));
			return clone(found.length ? found : list);
		}
		case "New": return this.add(noun, list, p);
		case "Set": return this.set(noun, list, p);
		case "Remove": {
			const gone = this.one(list, p);
			if (this.rules.some((r) => noun === "OutboundConnector" && r.RouteMessageOutboundConnector === gone.Name))
				throw new Thrown("the connector is used by a rule");
			list.splice(list.indexOf(gone), 1);
			return [];
		}
		case "Enable": case "Disable":
			Object.assign(this.one(list, p), {State: `${verb}d`, WhenChanged: this.clock});
			return [];
		}
		throw new Error(`${verb}-${noun}`);
	}

	add(noun, list, p) {
		const name = p.get("Name");
		if (list.some((x) => x.Name === name))
			throw new Thrown(`${name} exists`);
		if ([...p.values()].includes(null))
			throw new Thrown("null in New-");
		const x = {WhenChanged: this.clock, State: p.get("Enabled") === false ? "Disabled" : "Enabled",
			...(noun === "TransportRule" ? {Mode: "Enforce", RuleErrorAction: "Ignore", StopRuleProcessing: false} : {})};
		for (const [k, v] of p)
			if (k !== "Priority" && !(noun === "TransportRule" && k === "Enabled"))
				x[k] = v;
		list.splice(this.priority(list.length, p), 0, x);
		this.valid(noun, x);
		return [clone(x)];
	}

	set(noun, list, p) {
		const x = this.one(list, p);
		for (const [k, v] of p) {
			if (k === "Identity" || k === "Priority")
				continue;
			if (v === null)
				delete x[k];
			else
				x[k] = v;
		}
		x.WhenChanged = this.clock;
		if (p.has("Priority")) {
			list.splice(list.indexOf(x), 1);
			list.splice(this.priority(list.length, p), 0, x);
		}
		this.valid(noun, x);
		return [];
	}

	priority(count, p) {
		const n = p.get("Priority") ?? count;
		if (n > count)
			throw new Thrown(`priority ${n} of ${count} rules`);
		return n;
	}

	// What the service refuses, by the manual.
	valid(noun, x) {
		const bad = (why) => { throw new Thrown(`${x.Name}: ${why}`); };
		if (noun === "OutboundConnector") {
			if (x.UseMXRecord === false && !items(x.SmartHosts).length)
				bad("no smart host");
			if (x.TlsSettings === "DomainValidation" && !x.TlsDomain)
				bad("no TlsDomain");
			for (const k of ["CloudServicesMailEnabled", "SenderRewritingEnabled", "RouteAllMessagesViaOnPremises", "AllAcceptedDomains"])
				if (x[k] && x.ConnectorType !== "OnPremises")
					bad(`${k} needs OnPremises`);
		} else if (noun === "InboundConnector") {
			if (!x.TlsSenderCertificateName && !items(x.SenderIPAddresses).length)
				bad("neither certificate nor address");
			if (x.CloudServicesMailEnabled && x.TreatMessagesAsInternal)
				bad("two ways to be internal");
		} else {
			this.valid_rule(x, bad);
		}
	}

	valid_rule(x, bad) {
		if (!!x.SetHeaderName !== (x.SetHeaderValue !== undefined))
			bad("SetHeaderName and SetHeaderValue go together");
		for (const e of ["", "ExceptIf"])
			if (!!x[`${e}HeaderContainsMessageHeader`] !== !!x[`${e}HeaderContainsWords`])
				bad("a header and its words go together");
		const connector = x.RouteMessageOutboundConnector;
		if (connector && !this.outbound.some((c) => c.Name === connector && c.IsTransportRuleScoped))
			bad(`no connector ${connector} for rules`);
		for (const k of Object.keys(x))
			if (!CONDITIONS[k] && !EXCEPTIONS[k] && !SETTINGS.includes(k))
				throw new Error(`the model does not know ${k}`);
	}

	// ---- what a mail meets, on a server that lags behind by some minutes ----
	known(lag) {
		let state = {rules: [], outbound: [], inbound: []};
		for (const p of this.past)
			if (p.at <= this.clock - lag)
				state = p;
		return state;
	}

	// Where a mail goes: {to: "gate" | "internet" | "mailbox" | "refused" |
	// "deferred" | "stuck", mail}. Connectors are known at once, rules late.
	send(mail, lag = 0) {
		mail = clone(mail);
		if (mail.ip && !mail.mailbox) {
			const c = this.inbound.find((x) => this.attributed(x, mail));
			if (!c && mail.to.some((a) => !this.accepted.includes(domain(a))))
				return {to: "refused", mail};
			mail.authenticated = !!c && !!c.CloudServicesMailEnabled && !!this.outbound[0]?.CloudServicesMailEnabled;
		} else {
			mail.authenticated = true;
		}
		const route = this.apply(mail, this.known(lag).rules);
		if (route === "deferred")
			return {to: "deferred", mail};
		if (route) {
			const c = this.outbound.find((x) => x.Name === route && x.Enabled !== false);
			return {to: c ? "gate" : "stuck", mail, tls: c && c.TlsSettings === "DomainValidation" ? c.TlsDomain : null};
		}
		return {to: mail.to.every((a) => this.accepted.includes(domain(a))) ? "mailbox" : "internet", mail};
	}

	attributed(c, mail) {
		if (c.ConnectorType !== "OnPremises" || c.Enabled === false)
			return false;
		if (c.TlsSenderCertificateName)
			return mail.certificate === c.TlsSenderCertificateName && this.accepted.includes(mail.certificate);
		// Without a certificate the envelope's sender must be the tenant's.
		return in_ranges(mail.ip, c.SenderIPAddresses) && this.accepted.includes(domain(mail.envelope));
	}

	holds(rule, mail) {
		if (this.fails === rule.Name)
			throw new Error("evaluation");
		for (const [k, f] of Object.entries(CONDITIONS))
			if (rule[k] !== undefined && !f(this, mail, rule[k], rule))
				return false;
		for (const [k, f] of Object.entries(EXCEPTIONS))
			if (rule[k] !== undefined && f(this, mail, rule[k], rule))
				return false;
		return true;
	}

	apply(mail, rules) {
		let route = null;
		mail.met = [];
		for (const r of rules) {
			if (r.State !== "Enabled" || r.Mode !== "Enforce")
				continue;
			try {
				if (!this.holds(r, mail))
					continue;
			} catch {
				if (r.RuleErrorAction === "Defer")
					return "deferred";
				continue;
			}
			mail.met.push(r.Name);
			this.act(r, mail);
			route = r.RouteMessageOutboundConnector ?? route;
			if (r.StopRuleProcessing)
				break;
		}
		return route;
	}

	act(r, mail) {
		const without = (name) => mail.headers.filter(([n]) => lower(n) !== lower(name));
		if (r.RemoveHeader)
			mail.headers = without(r.RemoveHeader);
		if (r.SetHeaderName)
			mail.headers = [...without(r.SetHeaderName), [r.SetHeaderName, r.SetHeaderValue]];
	}
}

// ---- mails ----
export const employee = (from, to, headers = []) =>
	({from, to: items(to), envelope: from, headers: [["Subject", "x"], ...headers], ip: null, mailbox: true});
// A program of an employee that logs in from the gate's own address.
export const beside_the_gate = (from, to, headers) =>
	({...employee(from, to, headers), ip: "203.0.113.10"});
export const stranger = (from, to, headers = []) =>
	({from, to: items(to), envelope: from, headers: [["Subject", "x"], ...headers], ip: "198.51.100.7"});
export const journal_report = (to) => employee(SERVICE, to);

// The gate: it believes these secrets, cuts them out, and hands back.
export class Gate {
	constructor(secret_in, secret_back) {
		this.believed = [secret_in];
		this.back = secret_back;
		this.certificate = "smtp.example.co.jp";
	}
	take(mail) {
		const given = values(mail, "X-Sekisho-Tenant");
		if (given.length !== 1 || !this.believed.includes(given[0]))
			return null;
		const headers = mail.headers.filter(([n]) => !/^X-Sekisho-(Tenant|Done)$/i.test(n));
		return {from: mail.from, to: mail.to, envelope: mail.envelope, ip: "203.0.113.10", certificate: this.certificate,
			headers: [...headers, ["X-Sekisho-Done", this.back]]};
	}
}
export {values};
