/* Charts over time. What they show is computed from the numbers that the server
 * keeps of each second (history), to which each event adds one. */

const history_ = { names: [], points: [] };
const KEPT = 900;

async function loadHistory() {
	const loaded = JSON.parse(await ask("history"));

	history_.names = loaded.names;
	history_.points = loaded.points;
}

function addPoint(numbers) {
	const point = history_.names.map(name => numbers[name]);
	const last = history_.points[history_.points.length - 1];

	/* The server was started again. */
	if (last && point[0] < last[0])
		history_.points = [];
	if (last && point[0] - last[0] < 0.5)
		return;
	history_.points.push(point);
	if (history_.points.length > KEPT)
		history_.points.shift();
}

/* The values of one number over time, [seconds, value] each. */
function series(name) {
	const at = history_.names.indexOf(name);

	return at < 0 ? [] : history_.points.map(point => [point[0], point[at]]);
}

/* What a counter gained, a second. */
function rate(name) {
	const values = series(name);
	const rates = [];

	for (let i = 1; i < values.length; i++) {
		const passed = values[i][0] - values[i - 1][0];
		if (passed > 0)
			rates.push([values[i][0], Math.max(0, values[i][1] - values[i - 1][1]) / passed]);
	}
	return rates;
}

class Chart {
	constructor(title, values, format) {
		this.values = values;
		this.format = format;
		this.line = drawing("path", { class: "line" });
		this.area = drawing("path", { class: "area" });
		this.cursor = drawing("line", { y1: 0, y2: 100, visibility: "hidden" });
		this.now = element("div", { class: "now" });
		this.note = element("div", { class: "note" });
		this.svg = drawing("svg", {
			class: "chart", viewBox: "0 0 300 100", preserveAspectRatio: "none",
			role: "img", "aria-label": title,
			onpointermove: event => this.point(event),
			onpointerleave: () => this.leave(),
		}, this.area, this.line, this.cursor);
		this.card = element("section", { class: "card" }, element("h3", {}, title), this.now, this.svg, this.note);
		this.pointed = null;
	}

	draw() {
		const values = this.shown = this.values();

		if (values.length === 0) {
			this.now.textContent = "–";
			return;
		}
		const first = values[0][0];
		const width = Math.max(values[values.length - 1][0] - first, 1);
		const most = Math.max(...values.map(value => value[1]));
		const top = most || 1;
		const places = values.map(([time, value]) =>
			((time - first) / width * 300).toFixed(1) + "," + (98 - value / top * 94).toFixed(1));

		this.line.setAttribute("d", "M" + places.join("L"));
		this.area.setAttribute("d", "M0,100L" + places.join("L") + "L300,100Z");
		this.now.textContent = this.format(values[values.length - 1][1]);
		if (this.pointed === null)
			this.note.textContent = "most " + this.format(most) + " in " + seconds(width);
		else
			this.show();
	}

	point(event) {
		const box = this.svg.getBoundingClientRect();

		this.pointed = (event.clientX - box.left) / box.width;
		this.show();
	}

	show() {
		const values = this.shown || [];

		if (values.length === 0)
			return;
		const first = values[0][0];
		const last = values[values.length - 1][0];
		const time = first + this.pointed * (last - first);
		const nearest = values.reduce((best, value) =>
			Math.abs(value[0] - time) < Math.abs(best[0] - time) ? value : best);
		const x = (nearest[0] - first) / Math.max(last - first, 1) * 300;

		this.cursor.setAttribute("x1", x);
		this.cursor.setAttribute("x2", x);
		this.cursor.setAttribute("visibility", "visible");
		this.note.textContent = this.format(nearest[1]) + ", " + seconds(last - nearest[0]) + " ago";
	}

	leave() {
		this.pointed = null;
		this.cursor.setAttribute("visibility", "hidden");
		this.draw();
	}
}
