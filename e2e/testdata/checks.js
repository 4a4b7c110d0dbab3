// What is wrong with the page as it stands, as a list of texts. It runs in the
// page.
(() => {
	const faults = [];
	const all = selector => [...document.querySelectorAll(selector)];
	const fault = (kind, element, what) => faults.push(`${kind}: ${told(element)} ${what}`);

	function told(element) {
		const name = element.id ? "#" + element.id : [...element.classList].map(c => "." + c).join("");
		return `<${element.localName}${name}> ${JSON.stringify(element.textContent.trim().slice(0, 30))}`;
	}

	// Scripts and styles come from files of the same host.
	for (const script of document.scripts) {
		if (!script.src || new URL(script.src).host !== location.host) {
			fault("script", script, "is inline or from elsewhere");
		}
	}
	for (const element of all("style, [style]")) {
		fault("style", element, "is inline");
	}
	for (const element of all("*")) {
		for (const a of element.attributes) {
			if (a.name.startsWith("on")) fault("script", element, "has " + a.name);
		}
	}

	// Nothing is wider than the window but inside of what scrolls by itself, or
	// what is put out of sight on the left.
	const root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) {
		faults.push(`width: the page scrolls sideways, ${root.scrollWidth} px in ${root.clientWidth} px`);
	}
	const scrolls = element => element && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
	for (const element of document.body.querySelectorAll("*")) {
		const box = element.getBoundingClientRect();
		if (box.width > 0 && box.right > 0 && (box.left < -0.5 || box.right > root.clientWidth + 0.5) && !scrolls(element.parentElement)) {
			fault("width", element, `is from ${box.left} to ${box.right} px`);
		}
	}

	// Text has a contrast of 4.5 with what is behind it.
	const numbers = colour => colour.match(/[\d.]+/g).map(Number);
	const opaque = colour => colour.startsWith("rgb") && (numbers(colour)[3] ?? 1) === 1;

	function luminance(colour) {
		const [r, g, b] = numbers(colour).slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	}
	function contrast(one, other) {
		const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
		return (light + 0.05) / (dark + 0.05);
	}
	function behind(element) {
		const box = element.previousElementSibling;
		const fill = element.localName === "text" && box?.localName === "rect" && getComputedStyle(box).fill;
		if (fill && fill !== "none") return fill;
		for (let e = element; e; e = e.parentElement) {
			const colour = getComputedStyle(e).backgroundColor;
			if (opaque(colour)) return colour;
		}
		return matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)";
	}
	function legible(element, pseudo) {
		const style = getComputedStyle(element, pseudo);
		const colour = element.localName === "text" ? style.fill : style.color;
		const ratio = contrast(colour, behind(element));
		if (!opaque(colour) || ratio < 4.5) {
			fault("contrast", element, `${pseudo ?? ""} has ${ratio.toFixed(2)}: ${colour} on ${behind(element)}`);
		}
	}
	const written = element => element.matches("input, button") || [...element.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
	for (const element of all("body *")) {
		if (!element.checkVisibility() || element.closest("noscript")) continue;
		if (written(element)) legible(element);
		const label = getComputedStyle(element, "::before").content;
		if (label !== "none" && label !== "normal") legible(element, "::before");
	}

	// A reader of the screen finds its way.
	if (!root.lang || !document.title) faults.push("page: it has no language or no title");
	if (all("h1").length !== 1) faults.push(`headings: ${all("h1").length} of level 1`);
	let level = 0;
	for (const heading of all("h1, h2, h3, h4, h5, h6")) {
		const next = Number(heading.localName[1]);
		if (next > level + 1) fault("headings", heading, `comes after level ${level}`);
		level = next;
	}
	for (const cell of all("th")) {
		if (!cell.scope) fault("table", cell, "has no scope");
	}
	for (const table of all("table")) {
		if (!table.querySelector("th[scope=col]")) fault("table", table, "has no header cells");
	}
	for (const control of all("input, select, textarea")) {
		if (!control.labels.length) fault("label", control, "has no label");
	}
	for (const drawing of all("svg, img")) {
		const named = drawing.getAttribute("aria-label") || drawing.getAttribute("alt");
		if (!named && drawing.getAttribute("aria-hidden") !== "true") fault("label", drawing, "has neither a label nor aria-hidden");
	}
	for (const link of all("a, button")) {
		if (!link.textContent.trim()) fault("label", link, "has no text");
	}
	for (const element of all("[id]")) {
		if (document.getElementById(element.id) !== element) fault("id", element, "is a second one");
	}
	for (const element of all("[aria-labelledby]")) {
		if (!document.getElementById(element.getAttribute("aria-labelledby"))) fault("label", element, "is labelled by what is not there");
	}
	return faults;
})()
