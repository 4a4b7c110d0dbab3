// Replaces the parts of the page that are marked data-live by those of a fresh copy of
// the page, every two seconds, while the page is visible and not paused.
"use strict";

const interval = 2000;
const refreshing = document.getElementById("refreshing");
const pause = document.getElementById("pause");
let paused = false;

pause.addEventListener("click", () => {
	paused = !paused;
	pause.setAttribute("aria-pressed", String(paused));
	refreshing.querySelector("span").textContent = paused ? "The counts are paused." : "The counts refresh automatically.";
});

async function refresh() {
	if (document.hidden || paused) {
		return;
	}
	const response = await fetch(location.href, { cache: "no-store" });
	const text = await response.text();
	if (!response.ok || paused) {
		return;
	}
	const fresh = new DOMParser().parseFromString(text, "text/html");
	for (const old of document.querySelectorAll("[data-live]")) {
		const now = fresh.getElementById(old.id);
		if (now && now.innerHTML !== old.innerHTML && !keeps(old)) {
			old.replaceChildren(...now.childNodes);
		}
	}
}

// keeps reports whether the reader is busy in a part, with the focus or a selection in
// it.
function keeps(part) {
	const selection = getSelection();
	return part.contains(document.activeElement) || (!selection.isCollapsed && selection.containsNode(part, true));
}

async function loop() {
	try {
		await refresh();
	} catch {
		// The application is away: try again.
	}
	setTimeout(loop, interval);
}

if (document.querySelector("[data-live]")) {
	refreshing.hidden = false;
	setTimeout(loop, interval);
}
