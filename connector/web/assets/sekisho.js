// sekisho.js - counts down and looks for news; every page works without it.
"use strict";
(() => {
	document.documentElement.classList.add("scripted");

	const result = document.getElementById("result");
	if (result && (result.matches('[role=alert]') || location.hash === "#result"))
		result.focus();
	addEventListener("beforeprint", () => {
		for (const d of document.querySelectorAll("details"))
			d.open = true;
	});

	// The server said how much is left; the device's clock is not asked.
	const digits = document.querySelector(".digits[data-ticks]");
	const bar = document.querySelector("progress[data-total]");
	const speak = document.getElementById("speak");
	const watch = document.getElementById("watch");
	const two = (n) => String(n).padStart(2, "0");
	const typing = () => {
		return [...document.querySelectorAll("#check, #comment")]
			.some((f) => f === document.activeElement || f.value !== "");
	};

	if (digits) {
		const left = Number(digits.dataset.left);
		const start = performance.now();
		const total = bar ? Number(bar.dataset.total) : 0;
		const spoken = new Set();
		let asked = false;
		const tick = () => {
			const s = Math.max(0, Math.ceil(left - (performance.now() - start) / 1000));
			const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
			digits.textContent = h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
			if (bar)
				bar.value = total - s;
			for (const at of [60, 20])
				if (s <= at && left > at && !spoken.has(at)) {
					spoken.add(at);
					speak.textContent = `${speak.dataset.soon} (${digits.textContent})`;
				}
			if (s === 0 && !asked) {
				asked = true;
				setTimeout(look, 1500);
			}
		};
		setInterval(tick, 500);
		tick();
	}

	// Another screen, or the clock, may have decided.
	async function look() {
		if (!watch || document.hidden)
			return;
		try {
			const answer = await fetch(location.pathname, {
				headers: {Accept: "application/json"}, cache: "no-store",
			});
			if (!answer.ok)
				return;
			const now = await answer.json();
			if (now.state !== watch.dataset.state ||
			    String(now.held_count) !== watch.dataset.held ||
			    String(now.gone_count) !== watch.dataset.gone)
				if (!typing() || !now.is_held)
					location.reload();
		} catch {
			// The page stays as it is; its link asks again.
		}
	}
	if (watch)
		setInterval(look, 15000);
})();
