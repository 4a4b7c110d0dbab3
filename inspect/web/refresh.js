// Replaces the parts of the page that are marked data-live by those of the
// page as it is now, every two seconds, while the page is seen and not paused.
"use strict";

const interval = 2000;
const pause = document.getElementById("pause");

document.getElementById("refreshing").hidden = false;
pause.addEventListener("click", () => {
	pause.setAttribute("aria-pressed", String(pause.getAttribute("aria-pressed") !== "true"));
});

async function refresh() {
	if (document.hidden || pause.getAttribute("aria-pressed") === "true") {
		return;
	}
	const response = await fetch(location.href, { cache: "no-store" });
	if (!response.ok) {
		return;
	}
	const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
	for (const old of document.querySelectorAll("[data-live]")) {
		const now = fresh.getElementById(old.id);
		if (now && now.innerHTML !== old.innerHTML && !keeps(old)) {
			old.replaceChildren(...now.childNodes);
		}
	}
}

// keeps says whether somebody is busy in a part: has the focus or a selection
// in it.
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

setTimeout(loop, interval);
