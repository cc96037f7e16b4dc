/* Elements, numbers as text, and asking the server. All that comes from the
 * server becomes text nodes, never markup. */

function element(tag, attributes, ...children) {
	const made = document.createElement(tag);

	fill(made, attributes, children);
	return made;
}

function drawing(tag, attributes, ...children) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", tag);

	fill(made, attributes, children);
	return made;
}

function fill(made, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (name.startsWith("on"))
			made.addEventListener(name.slice(2), value);
		else if (value !== null && value !== undefined && value !== false)
			made.setAttribute(name, value === true ? "" : value);
	}
	made.append(...children.flat().filter(child => child !== null && child !== undefined));
}

const find = id => document.getElementById(id);

/* ---- Numbers ---- */

const groups = new Intl.NumberFormat("en");

function count(value) {
	return value === null || value === undefined ? "–" : groups.format(Math.round(value));
}

function short(value) {
	if (!Number.isFinite(value))
		return "–";
	if (Math.abs(value) < 1000)
		return String(Math.round(value * 10) / 10);
	for (const unit of ["k", "M", "G", "T"]) {
		value /= 1000;
		if (Math.abs(value) < 1000)
			return value.toFixed(value < 10 ? 1 : 0) + " " + unit;
	}
	return value.toExponential(1);
}

function bytes(value) {
	if (!Number.isFinite(value))
		return "–";
	if (value < 1024)
		return Math.round(value) + " B";
	for (const unit of ["KiB", "MiB", "GiB", "TiB"]) {
		value /= 1024;
		if (value < 1024)
			return value.toFixed(value < 10 ? 1 : 0) + " " + unit;
	}
	return Math.round(value) + " PiB";
}

function seconds(value) {
	if (!Number.isFinite(value))
		return "–";
	if (value < 1e-6)
		return Math.round(value * 1e9) + " ns";
	if (value < 1e-3)
		return (value * 1e6).toFixed(value < 1e-5 ? 1 : 0) + " µs";
	if (value < 1)
		return (value * 1e3).toFixed(value < 1e-2 ? 1 : 0) + " ms";
	if (value < 60)
		return value.toFixed(value < 10 ? 1 : 0) + " s";
	if (value < 3600)
		return Math.floor(value / 60) + " min " + Math.floor(value % 60) + " s";
	if (value < 86400)
		return Math.floor(value / 3600) + " h " + Math.floor(value % 3600 / 60) + " min";
	return Math.floor(value / 86400) + " d " + Math.floor(value % 86400 / 3600) + " h";
}

const milliseconds = value => value === 0 ? "0 ms" : seconds(value / 1000);

/* ---- The server ---- */

/* The token is in the address only once: it is kept for this tab. */
const token = (() => {
	const given = new URLSearchParams(location.search).get("token");

	if (given !== null) {
		sessionStorage.setItem("token", given);
		history.replaceState(null, "", location.pathname + location.hash);
	}
	return given !== null ? given : sessionStorage.getItem("token");
})();

async function ask(path, parameters, method) {
	const query = parameters ? "?" + new URLSearchParams(parameters) : "";
	const answer = await fetch(path + query, {
		method: method || "GET",
		headers: { Authorization: "Bearer " + token },
	});
	const text = await answer.text();

	if (!answer.ok)
		throw new Error(text.trim());
	return text;
}

/* The items and the result of an answer of the control protocol. */
function readLines(text) {
	const answer = { items: [], result: null, error: null };

	for (const line of text.split("\n")) {
		if (line === "")
			continue;
		const object = JSON.parse(line);
		if (object.item !== undefined)
			answer.items.push(object.item);
		else if (object.result !== undefined)
			answer.result = object.result;
		else if (object.error !== undefined)
			answer.error = object.error.message;
	}
	return answer;
}

function request(method, args) {
	return JSON.stringify({ id: 1, method, args: args || {} });
}

async function act(method, args) {
	return readLines(await ask("act", { q: request(method, args) }, "POST"));
}

/* ---- A question to the user ---- */

let answered = () => {};

function confirmed(question) {
	const dialog = find("ask");

	/* The end of an earlier question may be told when this one is open: it
	 * must not take the answer to this one for its own. */
	answered(false);
	find("question").textContent = question;
	dialog.returnValue = "no";
	dialog.showModal();
	return new Promise(resolve => {
		answered = resolve;
		dialog.onclose = () => {
			if (!dialog.open)
				answered(dialog.returnValue === "yes");
		};
	});
}
