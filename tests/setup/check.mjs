// check.mjs - cmdlets, parameters and values against the table cmdlets.json.
import {readFileSync} from "node:fs";
import {isIP, isIPv4} from "node:net";
import {BUILT_IN, commands, functions, parse} from "./shell.mjs";

const TABLE = JSON.parse(readFileSync(new URL("cmdlets.json", import.meta.url)));
const MAX_PATTERN = 128, MAX_NAME = 64, MAX_WORD = 128;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const is_domain = (v) => v.split(".").length > 1 && v.split(".").every((l) => LABEL.test(l));

function is_network(v, v4_only, least) {
	const [address, bits] = v.split("/");
	if (!(v4_only ? isIPv4(address) : isIP(address)))
		return false;
	return bits === undefined || (/^\d+$/.test(bits) && bits >= least && bits <= (isIPv4(address) ? 32 : 128));
}

function is_regex(v) {
	try {
		return new RegExp(v) && v.length <= MAX_PATTERN;
	} catch {
		return false;
	}
}

const TYPES = {
	bool: (v) => typeof v === "boolean",
	switch: (v) => typeof v === "boolean",
	int: (v) => Number.isInteger(v) && v >= 0,
	text: (v) => typeof v === "string",
	name: (v) => typeof v === "string" && v.length > 0 && v.length <= MAX_NAME,
	size: (v) => v === "Unlimited" || Number.isInteger(v),
	date: (v) => typeof v === "object" && "minutes" in v,
	domain: (v) => v === "*" || is_domain(v.replace(/^\*\./, "")),
	smarthost: (v) => is_domain(v) || is_network(v, true, 8),
	address: (v) => /^[^\s@]+@[^\s@]+$/.test(v),
	ip: (v) => is_network(v, false, 8),
	"ipv4-24": (v) => is_network(v, true, 24),
	header: (v) => /^[\x21-\x39\x3b-\x7e]{1,64}$/.test(v),
	"header-value": (v) => typeof v === "string" && v.length > 0,
	word: (v) => typeof v === "string" && v.length > 0 && v.length <= MAX_WORD && v === v.trim(),
	pattern: is_regex,
};

function rows(cmdlet) {
	const own = TABLE[cmdlet];
	if (!own || !/^[A-Z][a-z]+-/.test(cmdlet))
		return null;
	return {...TABLE[own.like], ...own};
}

function row_of(table, parameter) {
	const name = Object.keys(table).find((k) => k.replace("!", "").toLowerCase() === parameter.toLowerCase());
	return name === undefined || name === "like" ? undefined : table[name];
}

function fits(type, value) {
	if (Array.isArray(type))
		return type.includes(value);
	if (type.endsWith("?")) {
		if (value === null)
			return true;
		type = type.slice(0, -1);
	}
	if (!type.endsWith("[]"))
		return value !== null && !Array.isArray(value) && TYPES[type](value);
	const items = Array.isArray(value) ? value : [value];
	return items.length > 0 && items.every((v) => v !== null && TYPES[type.slice(0, -2)](v));
}

// A call as it is made: every parameter known, its value of its type.
export function check_call(cmdlet, named) {
	const table = rows(cmdlet);
	if (!table)
		throw new Error(`no cmdlet ${cmdlet}`);
	for (const [k, v] of named) {
		const type = row_of(table, k);
		if (type === undefined)
			throw new Error(`${cmdlet} has no parameter ${k}`);
		if (!fits(type, v))
			throw new Error(`${cmdlet} -${k}: ${JSON.stringify(v)} is no ${JSON.stringify(type)}`);
	}
	for (const k of Object.keys(table))
		if (k.endsWith("!") && !named.has(k.slice(0, -1)))
			throw new Error(`${cmdlet} needs ${k.slice(0, -1)}`);
}

// A script as it stands: it parses, and every command in it is known.
export function check_script(text) {
	const root = parse(text);
	const own = functions(root);
	for (const c of commands(root)) {
		if (BUILT_IN.includes(c.name) || own.includes(c.name))
			continue;
		const table = rows(c.name);
		if (!table)
			throw new Error(`line ${c.line}: no cmdlet ${c.name}`);
		for (const p of c.parameters)
			if (row_of(table, p) === undefined)
				throw new Error(`line ${c.line}: ${c.name} has no parameter ${p}`);
	}
	return commands(root);
}
