/* Tables that are sorted by a click on a heading, whose rows open by a click or
 * by the keyboard. A column: its key, heading and format; `number` puts it to
 * the right. Rows are kept by their key, so that the focus stays. */

function plain(value, format) {
	return value === null || value === undefined ? "–" : (format || String)(value);
}

class Table {
	constructor(columns, options) {
		this.columns = columns;
		this.key = options.key;
		this.open = options.open;
		this.onsort = options.onsort || (() => {});
		this.sort = options.sort || columns[0].key;
		this.down = options.down !== false;
		this.rows = [];
		this.lines = new Map();
		this.heads = new Map();
		this.body = element("tbody");
		this.element = element("div", { class: "wide" },
			element("table", {}, element("thead", {}, element("tr", {}, columns.map(column => this.heading(column)))),
				this.body));
		this.mark();
	}

	heading(column) {
		const head = element("th", { class: column.number && "number", scope: "col" },
			element("button", { "data-sort": column.key, onclick: () => this.sortBy(column.key) }, column.heading));

		this.heads.set(column.key, head);
		return head;
	}

	/* Again the same one: in the other direction. */
	sortBy(key) {
		const column = this.columns.find(other => other.key === key);

		this.down = key === this.sort ? !this.down : Boolean(column.number);
		this.sort = key;
		this.mark();
		this.show(this.rows);
		this.onsort(key);
	}

	sortNext() {
		const at = this.columns.findIndex(column => column.key === this.sort);

		this.sortBy(this.columns[(at + 1) % this.columns.length].key);
	}

	mark() {
		for (const [key, head] of this.heads) {
			if (key === this.sort)
				head.setAttribute("aria-sort", this.down ? "descending" : "ascending");
			else
				head.removeAttribute("aria-sort");
		}
	}

	compare(one, two) {
		const a = one[this.sort];
		const b = two[this.sort];
		let order = 0;

		if (typeof a === "number" && typeof b === "number")
			order = a - b;
		else if (a !== b)
			order = a === null || a === undefined ? -1 : b === null || b === undefined ? 1 : String(a) < String(b) ? -1 : 1;
		return this.down ? -order : order;
	}

	line(row) {
		const cells = this.columns.map(column => element("td", { class: column.number && "number" }));
		const line = element("tr", this.open && {
			tabindex: 0,
			onclick: event => { if (event.target.tagName !== "BUTTON") this.open(line.row); },
			onkeydown: event => { if (event.key === "Enter") this.open(line.row); },
		}, cells);

		line.cells_ = cells;
		line.dataset.key = row[this.key];
		return line;
	}

	show(rows) {
		const sorted = [...rows].sort((one, two) => this.compare(one, two));
		const lines = new Map();

		this.rows = rows;
		for (const row of sorted) {
			const line = this.lines.get(row[this.key]) || this.line(row);

			line.row = row;
			this.columns.forEach((column, i) => {
				const value = column.show ? column.show(row) : plain(row[column.key], column.format);
				const cell = line.cells_[i];

				if (value instanceof Node)
					cell.replaceChildren(value);
				else if (cell.textContent !== value) {
					cell.textContent = value;
					cell.title = value;
				}
			});
			lines.set(row[this.key], line);
		}
		const wanted = [...lines.values()];
		/* Moving a line takes the focus from it: only those are moved that
		 * are not in their place. */
		wanted.forEach((line, i) => {
			if (this.body.children[i] !== line)
				this.body.insertBefore(line, this.body.children[i] || null);
		});
		while (this.body.children.length > wanted.length)
			this.body.lastElementChild.remove();
		this.lines = lines;
	}

	/* The next line, or the one before. */
	step(by) {
		const all = [...this.body.children];
		const at = all.indexOf(document.activeElement);
		const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];

		if (next)
			next.focus();
	}
}

/* Names and values, below each other. */
function facts(pairs) {
	return element("dl", { class: "facts" }, pairs.filter(pair => pair[1] !== null && pair[1] !== undefined)
		.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

/* How much of a bound is used. */
function meter(used, max) {
	if (!max)
		return "–";
	const part = Math.min(used / max, 1);
	const bar = element("i", { class: part > 0.9 && "full" });

	bar.style.width = 100 * part + "%";
	return element("span", { class: "meter", title: Math.round(100 * part) + " %" }, bar);
}
