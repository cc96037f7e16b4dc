/* Which view is shown, the events that feed it, and the keys. */

const VIEWS = [
	["overview", "Overview", () => new Overview()],
	["processes", "Processes", () => new Processes()],
	["tree", "Tree", () => new Tree()],
	["environments", "Environments", () => new Environments()],
	["nodes", "Nodes", () => new Nodes()],
	["deaths", "Deaths", () => new Deaths()],
];

let view = null;
let viewName = "";
let events = null;
let state = null; /* the last overview */

function connect() {
	const query = new URLSearchParams({ token });
	const question = view.question && view.question();

	if (events)
		events.close();
	if (question)
		query.set("q", question);
	events = new EventSource("events?" + query);
	events.addEventListener("overview", event => showOverview(JSON.parse(event.data)));
	events.addEventListener("answer", event => view.show(readLines(event.data)));
	events.addEventListener("failed", event => view.failed && view.failed(event.data));
	events.onerror = () => setState("lost", "not connected");
}

/* What the view asks for has changed. */
let waiting = 0;
function ask_again() {
	clearTimeout(waiting);
	waiting = setTimeout(connect, 150);
}

function setState(kind, text) {
	const place = find("state");

	place.className = kind;
	place.textContent = text;
}

function showOverview(overview) {
	state = overview;
	addPoint(overview.numbers);
	setState(overview.state, overview.state);
	find("program").textContent = overview.program + (overview.node ? " on " + overview.node.name : "");
	find("clock").textContent = "lunatic " + overview.version + ", pid " + overview.pid + ", " + new Date(overview.time_ms).toLocaleTimeString();
	document.title = overview.program + " – lunatic";
	if (view.overview)
		view.overview(overview);
}

function route() {
	const [name, argument] = location.hash.replace(/^#\/?/, "").split("/");
	const known = VIEWS.find(other => other[0] === name);

	if (name === "process" && /^[0-9a-f-]{1,36}$/.test(argument || "")) {
		viewName = "processes";
		view = new Process(argument);
	} else {
		const [chosen, , make] = known || VIEWS[0];
		viewName = chosen;
		view = make();
	}
	find("view").replaceChildren(view.element);
	for (const tab of find("tabs").children) {
		if (tab.dataset.view === viewName)
			tab.setAttribute("aria-current", "page");
		else
			tab.removeAttribute("aria-current");
	}
	if (state && view.overview)
		view.overview(state);
	connect();
}

/* ---- Dark and light ---- */

function setTheme(theme) {
	if (theme)
		document.documentElement.dataset.theme = theme;
	localStorage.setItem("theme", theme || "");
}

function changeTheme() {
	const chosen = document.documentElement.dataset.theme;
	const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

	setTheme(dark ? "light" : "dark");
}

/* ---- Keys ---- */

const KEYS = [
	["1 to " + VIEWS.length, "a view", null],
	["j, k", "the next row, the one before", null],
	["Enter", "open the row", null],
	["s", "sort by the next column", () => view.table && view.table.sortNext()],
	["r", "sort the other way round", () => view.table && view.table.sortBy(view.table.sort)],
	["/", "search", () => view.filter && view.filter.focus()],
	["x", "kill the process that is shown", () => view.end && view.end()],
	["Escape", "back", null],
	["t", "dark or light", changeTheme],
	["?", "these keys", () => find("keys").showModal()],
];

function pressed(event) {
	const typing = event.target.tagName === "INPUT";

	if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]"))
		return;
	if (event.key === "Escape") {
		if (typing)
			event.target.blur();
		else if (location.hash.startsWith("#/process/"))
			location.hash = "#/processes";
		return;
	}
	if (typing)
		return;
	const number = Number(event.key);
	const known = KEYS.find(key => key[0] === event.key && key[2]);

	if (number >= 1 && number <= VIEWS.length)
		location.hash = "#/" + VIEWS[number - 1][0];
	else if ((event.key === "j" || event.key === "k") && view.table)
		view.table.step(event.key === "j" ? 1 : -1);
	else if (known)
		known[2]();
	else
		return;
	event.preventDefault();
}

async function begin() {
	const theme = localStorage.getItem("theme");

	if (theme === "dark" || theme === "light")
		setTheme(theme);
	find("tabs").append(...VIEWS.map(([name, title]) =>
		element("a", { href: "#/" + name, "data-view": name }, title)));
	find("key-list").append(...KEYS.flatMap(([key, meaning]) =>
		[element("dt", {}, element("kbd", {}, key)), element("dd", {}, meaning)]));
	find("theme").addEventListener("click", changeTheme);
	find("help").addEventListener("click", () => find("keys").showModal());
	addEventListener("keydown", pressed);
	addEventListener("hashchange", route);
	/* A page that nobody sees asks for nothing. */
	document.addEventListener("visibilitychange", () => {
		if (document.hidden)
			events.close();
		else
			connect();
	});
	try {
		await loadHistory();
	} catch (error) {
		setState("lost", error.message);
		return;
	}
	route();
}

begin();
