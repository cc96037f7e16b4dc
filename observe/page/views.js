/* The views. Each has a title, builds its elements, and may ask for something
 * with each event: `question` is a request of the control protocol, and `show`
 * gets the answer. `overview` gets the overview. */

const MOST = 300; /* rows */

const stateCell = row => element("span", { class: "state" }, row.state);
const age = row => milliseconds(row.age_ms);

/* A process by its number, as a link to its page. */
function processLink(number, name) {
	return number === null || number === undefined ? "–"
		: element("a", { href: "#/process/" + number }, name ? name + " (" + number + ")" : String(number));
}

function openProcess(row) {
	location.hash = "#/process/" + row.number;
}

class Overview {
	constructor() {
		this.charts = [
			new Chart("cores busy", () => rate("worker_seconds.busy"), value => value.toFixed(2)),
			new Chart("processes", () => series("processes"), count),
			new Chart("spawns a second", () => rate("spawns"), short),
			new Chart("messages a second", () => rate("messages"), short),
			new Chart("messages in mailboxes", () => series("mailbox_messages"), short),
			new Chart("switches a second", () => rate("switches"), short),
			new Chart("linear memory", () => series("memory_bytes"), bytes),
			new Chart("memory of the program", () => series("resident_memory_bytes"), bytes),
			new Chart("failures a second", () => rate("exits.trapped"), short),
			new Chart("descriptors", () => series("descriptors"), count),
		];
		this.facts = element("div");
		this.element = element("div", {}, element("div", { class: "cards" }, this.charts.map(chart => chart.card)),
			element("h2", {}, "Since the start"), this.facts);
	}

	overview(state) {
		const numbers = state.numbers;

		this.charts.forEach(chart => chart.draw());
		this.facts.replaceChildren(facts([
			["running for", seconds(numbers.uptime_seconds)],
			["workers", count(numbers.workers)],
			["wait for a worker", "half below " + seconds(state.waits.run.p50) + ", 99 % below " + seconds(state.waits.run.p99)],
			["wait of messages", "half below " + seconds(state.waits.message.p50) + ", 99 % below " + seconds(state.waits.message.p99)],
			["spawns", count(numbers.spawns)],
			["ends", count(numbers["exits.normal"]) + " normal, " + count(numbers["exits.exited"]) + " with a status, "
				+ count(numbers["exits.trapped"]) + " trapped, " + count(numbers["exits.killed"]) + " killed"],
			["messages", count(numbers.messages) + ", " + count(numbers.messages_dropped) + " dropped"],
			["instances", count(numbers.instances_recycled) + " used again, " + count(numbers.instances_kept) + " kept"],
			["modules compiled", count(numbers["modules_compiled.done"]) + " in " + seconds(numbers.compile_seconds)],
			["descriptors", count(numbers.descriptors) + " of " + (numbers.descriptors_max ? count(numbers.descriptors_max) : "any number")],
		]));
	}
}

class Processes {
	constructor() {
		this.filter = element("input", { type: "search", placeholder: "part of a name (/)", "aria-label": "part of a name", oninput: () => ask_again() });
		this.table = new Table([
			{ key: "number", heading: "process", number: true, format: String },
			{ key: "name", heading: "name" },
			{ key: "state", heading: "state", show: stateCell },
			{ key: "cpu_ms", heading: "cpu", number: true, format: milliseconds },
			{ key: "memory_bytes", heading: "memory", number: true, format: bytes },
			{ key: "messages", heading: "mailbox", number: true, format: count },
			{ key: "received", heading: "received", number: true, format: short },
			{ key: "links", heading: "links", number: true, format: count },
			{ key: "environment", heading: "env", number: true, format: String },
			{ key: "age_ms", heading: "age", number: true, show: age },
		], { key: "number", sort: "memory_bytes", open: openProcess, onsort: () => ask_again() });
		this.note = element("span", { class: "soft" });
		this.element = element("div", {}, element("div", { class: "tools" }, this.filter, this.note), this.table.element);
	}

	question() {
		const args = { max: MOST, sort: this.table.sort };

		/* A state is a word, by which the server does not sort. */
		if (this.table.sort === "state")
			args.sort = "number";
		if (this.filter.value !== "")
			args.name = this.filter.value;
		return request("ps", args);
	}

	show(answer) {
		this.table.show(answer.items);
		if (answer.result)
			this.note.textContent = count(answer.result.shown) + " of " + count(answer.result.matching) + " processes";
	}
}

class Process {
	constructor(number) {
		this.number = number;
		this.title = element("h2", {}, "Process " + number);
		this.kill = element("button", { class: "danger", title: "end it (x)", onclick: () => this.end() }, "Kill");
		this.body = element("div");
		this.note = element("p", { role: "status" });
		this.element = element("div", {}, element("div", { class: "tools" }, this.title, this.kill), this.note, this.body);
	}

	question() {
		return request("inspect", { process: this.number });
	}

	async end() {
		if (!await confirmed("Kill " + this.title.textContent + "? Processes that are linked to it may end, too."))
			return;
		try {
			const answer = await act("kill", { process: this.number });
			this.failed(answer.error || (answer.result.ended ? "It has ended." : "It was killed, and has not ended yet."));
			this.over = true;
		} catch (error) {
			this.note.textContent = error.message;
		}
	}

	failed(text) {
		/* That it was killed says more than that it is not there. */
		if (!this.over)
			this.note.textContent = text;
		this.kill.disabled = true;
	}

	show(answer) {
		if (answer.error || !answer.result) {
			this.failed(answer.error || "no answer");
			return;
		}
		const it = answer.result;
		const environment = it.in || {};

		this.title.textContent = "Process " + it.number + (it.name ? ", " + it.name : "");
		this.body.replaceChildren(
			facts([
				["state", stateCell(it)],
				["in", it.host_function],
				["id", it.id],
				["names", (it.names || []).map(name => name.name + " " + name.version).join(", ") || null],
				["label", it.label],
				["began with", it.entry],
				["spawned by", it.parent && /[1-9a-f]/.test(it.parent) ? element("a", { href: "#/process/" + it.parent }, it.parent) : null],
				["running for", age(it)],
				["processor time", plain(it.cpu_ms, milliseconds)],
				["slices", count(it.slices)],
				["fuel", it.fuel ? count(it.fuel) + (environment.max_fuel ? " of " + count(environment.max_fuel) : "") : null],
				["memory", bytes(it.memory_bytes) + (environment.max_memory ? " of at most " + bytes(environment.max_memory) : "")],
				["kept by the host", plain(it.kept_bytes, bytes)],
				["mailbox", count(it.messages) + " messages, " + bytes(it.message_bytes)],
				["received", count(it.received) + ", " + count(it.dropped) + " dropped"],
				["sent", plain(it.sent, count)],
				["environment", String(it.environment)],
				["holds", Object.entries(it.holds || {}).map(([noun, held]) => count(held) + " " + noun).join(", ") || null],
				["watchers", plain(it.watchers, count)],
			]),
			...this.relations("Linked to", it.linked), ...this.relations("Watches", it.watches),
			...this.messages("Oldest messages", it.oldest_messages), ...this.messages("Newest messages", it.newest_messages),
			...this.functions(it));
	}

	relations(title, list) {
		if (!list || list.length === 0)
			return [];
		return [element("h2", {}, title), element("ul", {}, list.map(other =>
			element("li", {}, other.number ? processLink(other.number, other.name) : other.id, other.remote ? " on another node" : "")))];
	}

	messages(title, list) {
		if (!list || list.length === 0)
			return [];
		return [element("h2", {}, title), element("ul", {}, list.map(message =>
			element("li", {}, (message.signal ? "signal" : bytes(message.bytes)) + ", tag " + message.tag)))];
	}

	functions(it) {
		if (!it.answered)
			return [element("p", { class: "soft" }, "It did not say where it is.")];
		if (!it.functions || it.functions.length === 0)
			return [];
		return [element("h2", {}, "Where it is"), element("pre", {}, it.functions.join("\n"))];
	}
}

class Tree {
	constructor() {
		this.picture = element("div", { class: "picture" });
		this.note = element("p", { class: "soft" });
		this.element = element("div", {}, this.note, this.picture);
		this.drawn = "";
	}

	question() {
		return request("tree", { max: 1000 });
	}

	show(answer) {
		const shape = JSON.stringify(answer.items.map(item => [item.id, item.parent, item.name, item.links]));

		if (answer.result)
			this.note.textContent = "A line leads from a process to one that it spawned; if it is thick, they are linked. "
				+ "Dashed lines are other links. " + count(answer.items.length) + " of " + count(answer.result.matching) + " processes.";
		/* Only what has changed is drawn, so that the focus stays. */
		if (shape === this.drawn)
			return;
		this.drawn = shape;
		this.picture.replaceChildren(drawTree(answer.items));
	}
}

class Environments {
	constructor() {
		const used = (key, max, format) => row =>
			element("span", {}, plain(row[key], format) + (row[max] ? " of " + format(row[max]) : ""), " ", row[max] ? meter(row[key], row[max]) : "");

		this.table = new Table([
			{ key: "number", heading: "environment", number: true, format: String },
			{ key: "parent", heading: "in", number: true, format: String },
			{ key: "processes", heading: "processes", number: true, show: used("processes", "max_processes", count) },
			{ key: "total_memory", heading: "memory", number: true, show: used("total_memory", "max_total_memory", bytes) },
			{ key: "descriptors", heading: "descriptors", number: true, show: used("descriptors", "max_descriptors", count) },
			{ key: "environments", heading: "below", number: true, show: used("environments", "max_environments", count) },
		], { key: "number", sort: "number", down: false });
		this.element = element("div", {}, this.table.element);
	}

	question() {
		return request("environments");
	}

	show(answer) {
		for (const item of answer.items)
			item.parent = item.above.length > 0 ? item.above[0] : null;
		this.table.show(answer.items);
	}
}

class Nodes {
	constructor() {
		this.own = element("p");
		this.table = new Table([
			{ key: "name", heading: "node" },
			{ key: "address", heading: "address" },
			{ key: "age_ms", heading: "connected for", number: true, show: age },
			{ key: "received_bytes", heading: "received", number: true, format: bytes },
			{ key: "sent_bytes", heading: "sent", number: true, format: bytes },
		], { key: "name", down: false });
		this.element = element("div", {}, this.own, this.table.element);
	}

	overview(state) {
		this.own.textContent = state.node ? "This is node " + state.node.name + " at " + state.node.address + "."
			: "This program is no node: it was started without --node.";
		this.table.show(state.nodes);
	}
}

class Deaths {
	constructor() {
		this.table = new Table([
			{ key: "serial", heading: "", number: true, format: String },
			{ key: "ago_ms", heading: "ago", number: true, format: milliseconds },
			{ key: "number", heading: "process", number: true, format: String },
			{ key: "name", heading: "name", show: row => row.name || row.entry || "–" },
			{ key: "outcome", heading: "end", show: row => row.outcome + (row.outcome === "exited" ? " " + row.exit_code : "") },
			{ key: "reason", heading: "reason" },
			{ key: "age_ms", heading: "lived", number: true, show: age },
			{ key: "environment", heading: "env", number: true, format: String },
		], { key: "serial", sort: "serial", open: row => this.openTrace(row) });
		this.all = element("input", { type: "checkbox", id: "all", onchange: () => ask_again() });
		this.trace = element("pre", { hidden: true });
		this.element = element("div", {}, element("div", { class: "tools" }, element("label", { for: "all" }, this.all, " normal ends as well")),
			this.table.element, this.trace);
	}

	question() {
		return request("deaths", { max: MOST, failed: !this.all.checked });
	}

	show(answer) {
		this.table.show(answer.items);
	}

	async openTrace(row) {
		try {
			const answer = readLines(await ask("read", { q: request("death-trace", { serial: row.serial }) }));
			this.trace.textContent = answer.error || answer.result.trace || "It left no trace.";
		} catch (error) {
			this.trace.textContent = error.message;
		}
		this.trace.hidden = false;
		this.trace.scrollIntoView({ block: "nearest" });
	}
}
