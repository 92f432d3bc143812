// pages.mjs - every page and state, in both languages, widths and schemes; then
// the tasks by keyboard without script, and a robot that presses everything.
import {mkdirSync} from "node:fs";
import {AxeBuilder, Count, Server, launch, must, same} from "./harness.mjs";

const [, , serverPath, pictures] = process.argv;
const DIGITS = "4821";
const WIDTHS = [[320, 640], [390, 844], [1280, 900]];
const DECIDABLE = ["held", "wait", "admin"];
// A superior's pages: it waits, in other ways, has left, is back, ended.
const BRAKES = ["timelag", "held", "approval", "hostile", "locked", "sent", "returned", "discarded"];
const only = process.env.ONLY ? process.env.ONLY.split(",") : null;

mkdirSync(pictures, {recursive: true});
const count = new Count();
const server = await new Server(serverPath).start();
const browser = await launch();

// What no page may do: report to the console, ask elsewhere, open a dialog.
async function open(context, url) {
	const page = await context.newPage();
	const bad = [];
	page.on("console", (m) => {
		if (m.type() === "error" && !/status of 4\d\d/.test(m.text()))
			bad.push(m.text());
	});
	page.on("pageerror", (e) => bad.push(String(e)));
	page.on("dialog", (d) => {
		bad.push(`dialog ${d.message()}`);
		d.dismiss();
	});
	page.on("request", (r) => {
		if (!r.url().startsWith(server.url))
			bad.push(`asked ${r.url()}`);
	});
	await page.goto(url, {waitUntil: "load"});
	return {page, bad};
}

async function layout(page) {
	const wide = await page.evaluate(() =>
		document.documentElement.scrollWidth - document.documentElement.clientWidth);
	same(wide, 0, "horizontal scrolling");
	same(await page.locator("h1").count(), 1, "h1");
	must(!(await page.content()).replaceAll("{{csrf}}{{{main}}}", "").includes("{{"), "a tag of a template is left");
}

async function targets(page) {
	const small = await page.evaluate(() =>
		[...document.querySelectorAll("button, .button, input[type=text]")]
			.map((e) => e.getBoundingClientRect())
			.filter((r) => r.height > 0 && r.height < 44).length);
	same(small, 0, "targets below 44 px");
}

async function axe(page) {
	const found = await new AxeBuilder({page})
		.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
		.analyze();
	const names = found.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].failureSummary.slice(0, 200)}`);
	same(names.join("; "), "", "axe");
}

async function words(page, lang) {
	const text = await page.evaluate(() => {
		const copy = document.body.cloneNode(true);
		for (const e of copy.querySelectorAll("[lang], h1, title, .files, .facts dd, .sprite, .names, .put-in"))
			e.remove();
		return copy.innerText;
	});
	if (lang === "en")
		must(!/[\u3040-\u30ff\u4e00-\u9fff]/.test(text), `Japanese text: ${text.match(/.{0,20}[\u3040-\u30ff\u4e00-\u9fff].{0,20}/)}`);
}

async function look(page, name, path, lang, [width], scheme) {
	await page.goto(path, {waitUntil: "load"});
	same(await page.getAttribute("html", "lang"), lang, "lang");
	await layout(page);
	same(await page.locator("[style]").count(), 0, "inline styles");
	await targets(page);
	if (!name.includes("hostile"))
		await words(page, lang);
	// Markup is the same at every width; colours differ by scheme.
	if (width === 390 || (width === 1280 && scheme === "light" && lang === "ja"))
		await axe(page);
	if (width === 390 && (await page.locator(".has-bar").count()))
		must(await page.evaluate(() => document.querySelector(".decide").offsetHeight <= innerHeight * 0.2), "the bar is higher than a fifth");
	await page.screenshot({path: `${pictures}/${name}-${lang}-${width}-${scheme}.png`, fullPage: width !== 390});
}

// One browser window per language, size and scheme; all pages in it in turn.
async function window_of(pages, lang, size, scheme) {
	const [width, height] = size;
	const context = await browser.newContext({
		viewport: {width, height}, colorScheme: scheme, locale: lang, reducedMotion: "reduce",
	});
	const {page, bad} = await open(context, `${server.url}/help`);
	for (const [name, path] of pages)
		if (!only || only.includes(name))
			await count.test(`${name} ${lang} ${width} ${scheme}`, async () => {
				bad.length = 0;
				await look(page, name, path, lang, size, scheme);
				same(bad.join("; "), "", "reports");
			});
	await context.close();
}

async function looks() {
	const pages = Object.keys(server.cases.m).map((c) => [c, server.page(c)]);
	for (const c of BRAKES)
		pages.push([`brake-${c}`, server.page(c, "b")]);
	for (const c of ["held", "hostile", "locked"])
		pages.push([`discard-${c}`, `${server.page(c)}/discard`]);
	pages.push(["help", `${server.url}/help`], ["help-admin", `${server.url}/help/admin`], ["not-found", `${server.url}/nothing`],
		["unknown-link", `${server.url}/m/AAAAAAAAAAAAAAAAAAAAAA`]);
	const windows = [];
	for (const lang of ["ja", "en"])
		for (const size of WIDTHS)
			for (const scheme of ["light", "dark"])
				windows.push([lang, size, scheme]);
	// Two at once: each mostly waits for the browser.
	const look_on = async () => {
		while (windows.length)
			await window_of(pages, ...windows.shift());
	};
	await Promise.all([look_on(), look_on()]);
}

const state = async (url) =>
	(await (await fetch(url, {headers: {Accept: "application/json"}})).json()).state;

// By keyboard alone, without script: tab to a control, type, press.
async function tabTo(page, selector) {
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press("Tab");
		if (await page.evaluate((s) => document.activeElement.matches(s), selector))
			return;
	}
	throw new Error(`Tab never reaches ${selector}`);
}

async function byKeyboard(options, url, steps) {
	const context = await browser.newContext({viewport: {width: 390, height: 844}, ...options});
	const {page, bad} = await open(context, url);
	try {
		await steps(page);
		await layout(page);
		same(bad.join("; "), "", "reports");
	} finally {
		await context.close();
	}
}

async function tasks() {
	for (const javaScriptEnabled of [false, true]) {
		const options = {javaScriptEnabled};
		const how = javaScriptEnabled ? "with script" : "without script";
		for (const [act, end] of [["send", "mixed"], ["return", "mixed"]])
			await count.test(`${act} ${how}`, async () => {
				const url = await server.fresh("held");
				await byKeyboard(options, url, async (page) => {
					await tabTo(page, "#check");
					await page.keyboard.type(DIGITS);
					await tabTo(page, `button[value=${act}]`);
					await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
					same(page.url(), url, "address afterwards");
					must((await page.innerText("main")).length > 0, "nothing is shown");
				});
				must((await state(url)) !== "held", `still held, not ${end}`);
			});
		await count.test(`a superior gives it back ${how}`, async () => {
			const url = await server.fresh("timelag", "b");
			await byKeyboard(options, url, async (page) => {
				await tabTo(page, "#comment");
				await page.keyboard.type("Ask her first");
				await tabTo(page, "#check");
				await page.keyboard.type("0000");
				await tabTo(page, ".brake button");
				await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
				same(await page.inputValue("#comment"), "Ask her first", "the comment after wrong digits");
				same(await state(url), "waits", "state after wrong digits");
				await page.fill("#check", DIGITS);
				await Promise.all([page.waitForNavigation(), page.press("#check", "Enter")]);
				same(page.url(), url, "address afterwards");
				same(await page.locator("form").count(), 0, "forms afterwards");
			});
			same(await state(url), "given-back", "state");
		});
		await count.test(`discard asks first ${how}`, async () => {
			const url = await server.fresh("stage");
			await byKeyboard(options, url, async (page) => {
				await tabTo(page, "a[href$='/discard']");
				await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
				same(await state(url), "held", "state before the second step");
				await tabTo(page, "#check");
				await page.keyboard.type(DIGITS);
				await tabTo(page, "button[value=discard]");
				await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
			});
			same(await state(url), "discarded", "state");
		});
		await count.test(`wrong digits are said beside the field ${how}`, async () => {
			const url = await server.fresh("held");
			await byKeyboard(options, url, async (page) => {
				await tabTo(page, "#check");
				await page.keyboard.type("0000");
				await tabTo(page, "button[value=send]");
				await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
				same(await page.getAttribute("#check", "aria-invalid"), "true", "aria-invalid");
				must((await page.title()).startsWith("エラー: ") || (await page.title()).startsWith("Error: "), "title");
				if (javaScriptEnabled) {
					same(await page.evaluate(() => document.activeElement.id), "result", "focus");
					await axe(page); // waits on timers of the page
				}
			});
			same(await state(url), "held", "state");
		});
	}
	await count.test("language by link, remembered", async () => {
		await byKeyboard({locale: "ja"}, server.page("held"), async (page) => {
			await Promise.all([page.waitForNavigation(), page.click("footer a[hreflang=en]")]);
			same(await page.getAttribute("html", "lang"), "en", "after the link");
			await page.goto(server.page("sent"));
			same(await page.getAttribute("html", "lang"), "en", "on the next page");
		});
	});
	await count.test("focus is never under the bar", async () => {
		await byKeyboard({}, server.page("held"), async (page) => {
			for (let i = 0; i < 25; i++) {
				await page.keyboard.press("Tab");
				const hidden = await page.evaluate(() => {
					const e = document.activeElement, bar = document.querySelector(".decide");
					if (e === document.body || bar.contains(e))
						return false;
					return e.getBoundingClientRect().top >= bar.getBoundingClientRect().top;
				});
				must(!hidden, "a focused thing lies under the bar");
			}
		});
	});
	await count.test("200 % text", async () => {
		await byKeyboard({viewport: {width: 640, height: 800}}, server.page("held"), async (page) => {
			const cdp = await page.context().newCDPSession(page);
			await cdp.send("Emulation.setDeviceMetricsOverride", {width: 320, height: 400, deviceScaleFactor: 2, mobile: false});
			await layout(page);
			same(await page.evaluate(() => getComputedStyle(document.querySelector(".decide")).position), "static", "the bar at a low window");
		});
	});
	await count.test("forced colours", async () => {
		await byKeyboard({forcedColors: "active"}, server.page("held"), async (page) => {
			await axe(page);
			await page.screenshot({path: `${pictures}/held-forced-colours.png`});
		});
	});
	await count.test("the clock ticks by itself and says so once", async () => {
		// A hold of its own: the first one may be over on a slow machine.
		await byKeyboard({}, await server.fresh("held"), async (page) => {
			const before = await page.innerText(".digits");
			await page.waitForTimeout(2200);
			must((await page.innerText(".digits")) !== before, "the digits stand still");
			same(await page.innerText("#speak"), "", "spoken too early");
		});
	});
	for (const mode of ["pass", "hold"])
		await count.test(`mode ${mode} is shown`, async () => {
			await server.say(`mode ${mode}`);
			await byKeyboard({}, server.page("sent"), async (page) => {
				same(await page.locator("[role=note]").count(), 1, "banner");
				await axe(page);
			});
			await server.say("mode normal");
		});
}

// A scanner opens every link and presses every control.
async function robot(name, kind) {
	const url = await server.fresh(name, kind);
	const before = await state(url);
	const context = await browser.newContext();
	const page = await context.newPage();
	const seen = new Set();
	const todo = [url];
	page.on("dialog", (d) => d.accept());
	while (todo.length > 0 && seen.size < 8) {
		const here = todo.pop();
		if (seen.has(here))
			continue;
		seen.add(here);
		await page.goto(here);
		for (const a of await page.locator("a[href]").all()) {
			const to = new URL(await a.getAttribute("href"), here).href;
			if (to.startsWith(server.url))
				todo.push(to.split("#")[0]);
		}
		const n = await page.locator("button").count();
		for (let i = 0; i < n; i++) {
			await page.goto(here);
			await page.evaluate(() => document.querySelectorAll("form").forEach((f) => { f.noValidate = true; }));
			await page.locator("button").nth(i).click({noWaitAfter: false});
			await page.waitForLoadState();
		}
	}
	await context.close();
	same(await state(url), before, "state after the robot");
}

async function getsChangeNothing() {
	const url = await server.fresh("held");
	const methods = ["GET", "HEAD", "OPTIONS"];
	const paths = [url, `${url}/discard`, `${url}?act=send&check=${DIGITS}`, `${url}/discard?check=${DIGITS}`];
	for (let i = 0; i < 1000; i++)
		await fetch(paths[i % paths.length], {method: methods[i % 3], redirect: "manual"});
	same(await state(url), "held", "state after 1,000 requests");
}

await looks();
if (!only || only.includes("tasks")) {
	await tasks();
	for (const name of DECIDABLE)
		await count.test(`a robot presses everything: ${name}`, () => robot(name));
	await count.test("a robot presses everything: the brake", () => robot("timelag", "b"));
	await count.test("1,000 GET, HEAD, OPTIONS change nothing", getsChangeNothing);
}
await browser.close();
server.stop();
console.log(`browser: ${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed ? 1 : 0;
