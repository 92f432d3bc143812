// harness.mjs - the page server, a browser off the network, and counting.
import {spawn} from "node:child_process";
import {createRequire} from "node:module";
import {createInterface} from "node:readline";

const require = createRequire(new URL("../package.json", import.meta.url));
const {chromium} = require("playwright-core");
export const AxeBuilder = require("@axe-core/playwright").default;

export class Server {
	constructor(path) {
		this.child = spawn(path, {stdio: ["pipe", "pipe", "inherit"]});
		this.lines = createInterface({input: this.child.stdout})[Symbol.asyncIterator]();
	}
	async line() {
		const {value, done} = await this.lines.next();
		if (done)
			throw new Error("the page server ended");
		return value;
	}
	async start() {
		this.cases = JSON.parse(await this.line());
		this.url = this.cases.url;
		delete this.cases.url;
		return this;
	}
	async say(command) {
		this.child.stdin.write(command + "\n");
		return this.line();
	}
	// Of the sender, or of a superior with a brake.
	page(name, kind = "m") {
		return `${this.url}/${kind}/${this.cases[kind][name]}`;
	}
	// A fresh message: tests that decide must not meet each other.
	async fresh(name, kind = "m") {
		return `${this.url}/${kind}/${JSON.parse(await this.say(`add ${name}`))[kind]}`;
	}
	stop() {
		this.child.stdin.end();
	}
}

export function launch() {
	return chromium.launch({
		executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--no-first-run", "--no-default-browser-check",
			"--disable-features=Translate,MediaRouter,OptimizationHints",
			"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
	});
}

export class Count {
	passed = 0;
	failed = 0;
	async test(name, body) {
		try {
			const start = Date.now();
			await body();
			if (process.env.VERBOSE)
				console.log(`${name}: ${Date.now() - start} ms`);
			this.passed++;
		} catch (e) {
			this.failed++;
			console.log(`FAILED ${name}: ${e.message}`);
		}
	}
}

export function same(got, want, what) {
	if (got !== want)
		throw new Error(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
}

export function must(ok, what) {
	if (!ok)
		throw new Error(what);
}
