// shell.mjs - runs the PowerShell that set-up scripts are made of: a grammar's
// parse tree, evaluated. What it does not know is an error, never a guess.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const require = createRequire(new URL("../package.json", import.meta.url));
const {Parser, Language} = require("web-tree-sitter");
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(readFileSync(
	require.resolve("tree-sitter-powershell/tree-sitter-powershell.wasm"))));

export const BUILT_IN = ["Where-Object", "ForEach-Object", "Out-Null", "Write-Host",
	"Read-Host", "Start-Sleep", "Get-Date"];

export class Thrown extends Error {}
class Returned extends Error {}
class Moment { constructor(minutes) { this.minutes = minutes; } }
class Span { constructor(minutes) { this.TotalMinutes = minutes; } }
class Secret { constructor(text) { this.text = text; } }

// The tree as plain objects: every look into the parser's own costs much.
function plain(n, parent) {
	const o = {type: n.type, id: n.id, startIndex: n.startIndex, endIndex: n.endIndex, parent,
		line: n.startPosition.row + 1, text: n.text, isNamed: n.isNamed};
	o.children = n.children.map((c) => plain(c, o));
	o.namedChildren = o.children.filter((c) => c.isNamed);
	return o;
}

const parsed = new Map();
export function parse(text) {
	if (parsed.has(text))
		return parsed.get(text);
	const tree = parser.parse(text.replace(/^\ufeff/, ""));
	const root = plain(tree.rootNode, null);
	if (tree.rootNode.hasError) {
		const bad = find(root, (n) => n.type === "ERROR")[0];
		throw new Error(`does not parse, line ${bad?.line ?? "?"}: ${bad?.text.slice(0, 60)}`);
	}
	parsed.set(text, root);
	return root;
}

export function find(node, wanted, list = []) {
	if (wanted(node))
		list.push(node);
	for (const c of node.children)
		find(c, wanted, list);
	return list;
}

// Every command of a script with the parameters that stand in its text.
export function commands(root) {
	return find(root, (n) => n.type === "command").map((n) => ({
		at: n.startIndex, line: n.line, name: command_name(n),
		parameters: find(n, (c) => c.type === "command_parameter" && owner(c) === n.id)
			.map((c) => c.text.slice(1)),
	}));
}
export const functions = (root) => find(root, (n) => n.type === "function_name").map((n) => n.text);
const command_name = (n) => n.children.find((c) => c.type === "command_name").text;
function owner(n) {
	while (n.type !== "command")
		n = n.parent;
	return n.id;
}

const list = (v) => v === null || v === undefined ? [] : Array.isArray(v) ? v : [v];
const single = (out) => out.length === 0 ? null : out.length === 1 ? out[0] : out;
const same = (a, b) => typeof a === "string" && typeof b === "string"
	? a.toLowerCase() === b.toLowerCase() : a === b;
function truth(v) {
	if (Array.isArray(v))
		return v.length === 1 ? truth(v[0]) : v.length > 1;
	return !(v === null || v === undefined || v === false || v === 0 || v === "");
}
function text_of(v) {
	if (v === null || v === undefined)
		return "";
	if (v instanceof Secret || (typeof v === "object" && !Array.isArray(v)))
		throw new Error("an object in a text");
	return Array.isArray(v) ? v.map(text_of).join(" ") : String(v);
}

export class Shell {
	// world: {clock, answer(prompt) -> string, call(cmdlet, parameters) -> list}
	constructor(text, world) {
		this.root = parse(text);
		this.world = world;
		this.ran = new Set();
		this.said = [];
	}

	run(switches = {}) {
		this.functions = new Map();
		const scope = this.scope(null);
		const block = this.root.namedChildren.find((c) => c.type === "param_block");
		const known = this.parameters(block);
		for (const s of Object.keys(switches))
			if (!known.some((p) => same(p, s)))
				throw new Error(`no parameter -${s}`);
		for (const p of known)
			scope.set(p, switches[p] ?? false);
		const out = [];
		try {
			this.statements(this.root.namedChildren.find((c) => c.type === "statement_list"), scope, out);
		} catch (e) {
			if (!(e instanceof Returned))
				throw e;
		}
		return out;
	}

	scope(parent) {
		const own = new Map();
		return {
			get(name) {
				name = name.toLowerCase();
				if (own.has(name))
					return own.get(name);
				if (parent === null)
					throw new Error(`$${name} has no value`);
				return parent.get(name);
			},
			set: (name, value) => own.set(name.toLowerCase(), value),
		};
	}

	parameters(block) {
		return block ? find(block, (n) => n.type === "script_parameter")
			.map((n) => n.namedChildren.find((c) => c.type === "variable").text.slice(1)) : [];
	}

	// ---- statements ----
	statements(node, scope, out) {
		for (const s of node?.namedChildren ?? [])
			if (s.type !== "comment")
				this.statement(s, scope, out);
	}

	block(node, scope, out) {
		this.statements(node.namedChildren.find((c) => c.type === "statement_list"), scope, out);
	}

	statement(n, scope, out) {
		switch (n.type) {
		case "function_statement":
			this.functions.set(n.children.find((c) => c.type === "function_name").text.toLowerCase(), n);
			return;
		case "if_statement":
			return this.if_(n, scope, out);
		case "foreach_statement":
			return this.foreach(n, scope, out);
		case "flow_control_statement":
			return this.flow(n, scope, out);
		case "pipeline": {
			const first = n.namedChildren[0];
			if (n.namedChildren.length === 1 && first.type === "assignment_expression")
				return this.assign(first, scope);
			out.push(...this.outputs(n, scope));
			return;
		}
		default:
			throw new Error(`line ${n.line}: statement ${n.type}`);
		}
	}

	if_(n, scope, out) {
		for (const c of [n, ...find(n, (x) => x.type === "elseif_clause" && x.parent.parent.id === n.id)]) {
			const [condition, block] = c.namedChildren.filter((x) => x.type !== "comment");
			if (truth(this.value(condition, scope)))
				return this.block(block, scope, out);
		}
		const other = n.namedChildren.find((c) => c.type === "else_clause");
		if (other)
			this.block(other.namedChildren.find((c) => c.type === "statement_block"), scope, out);
	}

	foreach(n, scope, out) {
		const [variable, items, block] = n.namedChildren;
		for (const item of list(this.value(items, scope))) {
			scope.set(variable.text.slice(1), item);
			this.block(block, scope, out);
		}
	}

	flow(n, scope, out) {
		const value = n.namedChildren[0];
		if (n.children[0].text === "throw")
			throw new Thrown(text_of(this.value(value, scope)));
		if (n.children[0].text !== "return")
			throw new Error(n.text);
		if (value)
			out.push(...list(this.value(value, scope)));
		throw new Returned();
	}

	assign(n, scope) {
		const [left, , right] = n.namedChildren;
		const value = this.value(right, scope);
		let target = left;
		while (target.namedChildren.length === 1 && !["variable", "element_access"].includes(target.type))
			target = target.namedChildren[0];
		if (target.type === "variable") {
			scope.set(target.text.slice(1), value);
		} else if (target.type === "element_access") {
			const [of, key] = target.namedChildren;
			this.value(of, scope).set(this.value(key, scope), value);
		} else {
			throw new Error(`assignment to ${target.type}`);
		}
	}

	// ---- values ----
	value(n, scope) {
		const kids = n.namedChildren.filter((c) => c.type !== "comment");
		switch (n.type) {
		case "pipeline": {
			// An expression keeps its list; what a command puts out is unrolled.
			const stages = (kids.find((c) => c.type === "pipeline_chain") ?? n).namedChildren;
			if (stages.length === 1 && stages[0].type !== "command")
				return this.value(stages[0], scope);
			return single(this.outputs(n, scope));
		}
		case "variable":
			return this.variable(n, scope);
		case "string_literal":
			return this.value(kids[0], scope);
		case "verbatim_string_characters":
			return n.text.slice(1, -1).replaceAll("''", "'");
		case "expandable_string_literal":
			return this.expand(n, scope);
		case "integer_literal":
		case "decimal_integer_literal":
			return Number(n.text);
		case "array_expression": {
			const out = [];
			this.statements(kids[0], scope, out);
			return out;
		}
		case "hash_literal_expression":
			return this.hash(n, scope);
		case "script_block_expression":
			return {block: kids[0]};
		case "parenthesized_expression":
			return this.value(kids[0], scope);
		case "cast_expression":
			return this.cast(kids[0].text, this.value(kids[1], scope));
		case "member_access":
			return this.member(this.value(kids[0], scope), kids[1].text);
		case "element_access":
			return this.element(this.value(kids[0], scope), this.value(kids[1], scope));
		case "invokation_expression":
			return this.invoke(n, kids, scope);
		case "expression_with_unary_operator":
			return this.unary(n, scope);
		}
		if (n.children.length === 1)
			return this.value(n.children[0], scope);
		if (n.type === "array_literal_expression")
			return kids.map((k) => this.value(k, scope));
		if (kids.length >= 2)
			return this.binary(n, scope);
		throw new Error(`line ${n.line}: value ${n.type}: ${n.text}`);
	}

	variable(n, scope) {
		const name = n.text.slice(1).toLowerCase();
		return name === "null" ? null : name === "true" ? true : name === "false" ? false : scope.get(name);
	}

	expand(n, scope) {
		let text = "", at = n.startIndex + 1;
		for (const c of n.namedChildren) {
			text += n.text.slice(at - n.startIndex, c.startIndex - n.startIndex);
			text += text_of(c.type === "sub_expression" ? this.sub(c, scope) : this.value(c, scope));
			at = c.endIndex;
		}
		return text + n.text.slice(at - n.startIndex, -1);
	}

	sub(n, scope) {
		const out = [];
		this.statements(n.namedChildren[0], scope, out);
		return single(out);
	}

	hash(n, scope) {
		const h = new Map();
		for (const entry of find(n, (c) => c.type === "hash_entry")) {
			const [key, value] = entry.namedChildren;
			h.set(key.text, this.value(value, scope));
		}
		return h;
	}

	cast(type, v) {
		switch (type.toLowerCase()) {
		case "[int]": return Math.round(v);
		case "[string]": return text_of(v);
		}
		throw new Error(`cast ${type}`);
	}

	member(of, name) {
		if (of instanceof Map && same(name, "Keys"))
			return [...of.keys()];
		if (Array.isArray(of) && same(name, "Count"))
			return of.length;
		if (of === null || of === undefined)
			return null;
		const key = Object.keys(of).find((k) => same(k, name));
		if (key === undefined)
			throw new Error(`no property ${name}`);
		return of[key];
	}

	element(of, key) {
		if (of instanceof Map)
			return of.has(key) ? of.get(key) : null;
		return list(of).at(key) ?? null;
	}

	invoke(n, kids, scope) {
		const args = find(n, (c) => c.type === "argument_expression" && c.parent.parent.parent.id === n.id)
			.map((c) => this.value(c, scope));
		const [on, name] = [kids[0], kids[1].text];
		const what = `${on.text}::${name}`.toLowerCase();
		if (what === "[system.net.networkcredential]::new")
			return {UserName: args[0], Password: args[1].text};
		if (what === "[regex]::escape")
			return args[0].replace(/[.*+?^${}()|[\]\\#\s]/g, "\\$&");
		const value = this.value(on, scope);
		if (value instanceof Moment && same(name, "ToUniversalTime"))
			return value;
		throw new Error(`method ${n.text}`);
	}

	unary(n, scope) {
		const operator = n.children[0].text.toLowerCase();
		if (n.children.length === 1)
			return this.value(n.children[0], scope);
		const v = this.value(n.namedChildren.at(-1), scope);
		if (operator === "-not" || operator === "!")
			return !truth(v);
		if (operator === "-")
			return -v;
		throw new Error(`operator ${operator}`);
	}

	binary(n, scope) {
		const left = this.value(n.children[0], scope);
		const operator = n.children[1].text.trim().toLowerCase();
		if (operator === "-and" && !truth(left))
			return false;
		if (operator === "-or" && truth(left))
			return true;
		const right = this.value(n.children[2], scope);
		if (n.children.length !== 3)
			throw new Error(`line ${n.line}: ${n.text}`);
		switch (operator) {
		case "-eq": return same(left, right);
		case "-ne": return !same(left, right);
		case "-gt": return left > right;
		case "-and": case "-or": return truth(right);
		case "-contains": return list(left).some((x) => same(x, right));
		case "-notcontains": return !list(left).some((x) => same(x, right));
		case "-cnotmatch": return !new RegExp(right).test(left);
		case "*": return left * right;
		case "+":
			return Array.isArray(left) ? [...left, ...list(right)]
				: typeof left === "string" ? left + text_of(right) : left + right;
		case "-":
			return left instanceof Moment ? new Span(left.minutes - right.minutes) : left - right;
		}
		throw new Error(`operator ${operator}`);
	}

	// ---- pipelines and commands ----
	outputs(n, scope) {
		const chain = n.namedChildren.find((c) => c.type === "pipeline_chain") ?? n;
		let items = null;
		for (const stage of chain.namedChildren)
			items = stage.type === "command" ? this.command(stage, scope, items)
				: list(this.value(stage, scope));
		return items;
	}

	command(n, scope, input) {
		const name = command_name(n);
		this.ran.add(n.startIndex);
		const {named, placed} = this.arguments(n, scope);
		switch (name) {
		case "Where-Object":
			return input.filter((x) => truth(single(this.each(placed[0], x, scope))));
		case "ForEach-Object":
			return input.flatMap((x) => this.each(placed[0], x, scope));
		case "Out-Null":
			return [];
		case "Write-Host":
			this.said.push(text_of(placed[0]));
			return [];
		case "Read-Host":
			return [this.read(named)];
		case "Start-Sleep":
			this.world.sleep(named.get("Seconds") / 60);
			return [];
		case "Get-Date":
			return [new Moment(this.world.clock)];
		}
		if (this.functions.has(name.toLowerCase()))
			return this.function_(this.functions.get(name.toLowerCase()), named, placed, scope);
		return this.world.call(name, named, placed).map((x) => this.dated(x));
	}

	dated(x) {
		return x && typeof x === "object" && "WhenChanged" in x
			? {...x, WhenChanged: new Moment(x.WhenChanged)} : x;
	}

	read(named) {
		const answer = this.world.answer(named.get("Prompt"), named.get("AsSecureString") === true);
		return named.get("AsSecureString") ? new Secret(answer) : answer;
	}

	each(block, item, scope) {
		const inner = this.scope(scope), out = [];
		inner.set("_", item);
		const body = find(block.block, (c) => c.type === "script_block_body")[0];
		this.statements(body.namedChildren[0], inner, out);
		return out;
	}

	arguments(n, scope) {
		const named = new Map(), placed = [];
		const parts = (n.namedChildren.find((c) => c.type === "command_elements")?.namedChildren ?? [])
			.filter((c) => c.type !== "command_argument_sep");
		let waiting = null;
		for (const p of parts) {
			if (p.type === "command_parameter") {
				if (waiting)
					named.set(waiting, true);
				waiting = p.text.slice(1);
			} else if (p.text.startsWith("@") && find(p, (c) => c.type === "variable")[0]?.text === p.text) {
				for (const [k, v] of scope.get(p.text.slice(1)))
					named.set(k, v);
			} else {
				const value = p.type === "generic_token" ? p.text : this.value(p, scope);
				if (waiting)
					named.set(waiting, value);
				else
					placed.push(value);
				waiting = null;
			}
		}
		if (waiting)
			named.set(waiting, true);
		return {named, placed};
	}

	function_(n, named, placed, scope) {
		const body = find(n, (c) => c.type === "script_block")[0];
		const block = body.namedChildren.find((c) => c.type === "param_block");
		const known = this.parameters(block);
		const inner = this.scope(scope), out = [];
		for (const k of named.keys())
			if (!known.some((p) => same(p, k)))
				throw new Error(`${n.namedChildren[0].text} has no parameter ${k}`);
		if (placed.length)
			throw new Error(`${n.namedChildren[0].text}: arguments without a name`);
		for (const p of known)
			inner.set(p, named.get(p) ?? null);
		try {
			this.statements(find(body, (c) => c.type === "script_block_body")[0].namedChildren[0], inner, out);
		} catch (e) {
			if (!(e instanceof Returned))
				throw e;
		}
		return out;
	}
}
