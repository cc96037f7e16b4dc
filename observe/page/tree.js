/* The tree of processes as a picture: who spawned whom from left to right, and
 * who is linked to whom. Many children of one name are drawn as some of them
 * and a number. */

const BOX = { width: 168, height: 26, right: 44, below: 8 };
const ALIKE = 8;

function makeForest(items) {
	const all = new Map(items.map(item => [item.id, { item, children: [] }]));
	const roots = [];

	for (const node of all.values()) {
		const parent = all.get(node.item.parent);

		if (parent && parent !== node)
			parent.children.push(node);
		else
			roots.push(node);
	}
	return { all, roots };
}

/* Leaves the first of many alike, and says how many more there are. */
function fold(children) {
	const seen = new Map();
	const kept = [];

	for (const child of children) {
		const name = child.item.name || "";
		const group = seen.get(name) || { shown: 0, more: null };

		seen.set(name, group);
		if (group.shown < ALIKE || child.children.length > 0) {
			group.shown++;
			kept.push(child);
		} else if (group.more === null) {
			group.more = { more: 1, name, children: [] };
			kept.push(group.more);
		} else {
			group.more.more++;
		}
	}
	return kept;
}

/* Gives each node its place; returns the row below. */
function place(node, depth, row) {
	const children = fold(node.children);
	const first = row;

	node.depth = depth;
	node.drawn = children;
	for (const child of children)
		row = place(child, depth + 1, row);
	node.row = children.length > 0 ? (children[0].row + children[children.length - 1].row) / 2 : first;
	return Math.max(row, first + 1);
}

const left = node => 8 + node.depth * (BOX.width + BOX.right);
const middle = node => 8 + node.row * (BOX.height + BOX.below) + BOX.height / 2;

function drawBox(node) {
	const x = left(node);
	const y = middle(node);

	if (node.more)
		return drawing("text", { class: "soft", x: x + 8, y: y + 4 }, "and " + count(node.more) + " more");
	const item = node.item;
	const name = item.name || "process";
	const label = name.length > 18 ? name.slice(0, 17) + "…" : name;
	return drawing("a", { href: "#/process/" + item.number, tabindex: 0 },
		drawing("title", {}, name + ", number " + item.number + ", " + item.state),
		drawing("rect", { x, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 5 }),
		drawing("text", { x: x + 8, y: y + 4 }, label + " "),
		drawing("text", { class: "soft", x: x + BOX.width - 6, y: y + 4, "text-anchor": "end" }, item.number));
}

const areLinked = (one, two) => Boolean(two.item && one.item.links && one.item.links.includes(two.item.id));

function drawEdge(parent, child) {
	const linked = areLinked(parent, child) ? " linked" : "";
	const x1 = left(parent) + BOX.width;
	const x2 = left(child);
	const y1 = middle(parent);
	const y2 = middle(child);
	const bend = (x1 + x2) / 2;

	return drawing("path", { class: "parent" + linked, d: `M${x1},${y1}C${bend},${y1} ${bend},${y2} ${x2},${y2}` });
}

function drawLink(one, two) {
	const x1 = left(one) + BOX.width / 2;
	const x2 = left(two) + BOX.width / 2;
	const y1 = middle(one) + BOX.height / 2;
	const y2 = middle(two) - BOX.height / 2;
	const bend = Math.min(60, Math.abs(y2 - y1) / 2) + 6;

	return drawing("path", { class: "link", d: `M${x1},${y1}C${x1 + bend},${y1 + bend} ${x2 - bend},${y2 - bend} ${x2},${y2}` });
}

function drawTree(items) {
	const { all, roots } = makeForest(items);
	const boxes = [];
	const edges = [];
	let row = 0;
	let depth = 0;

	for (const root of roots)
		row = place(root, 0, row);
	const draw = node => {
		depth = Math.max(depth, node.depth);
		boxes.push(drawBox(node));
		for (const child of node.drawn) {
			edges.push(drawEdge(node, child));
			draw(child);
		}
	};
	roots.forEach(draw);
	for (const node of all.values()) {
		for (const id of node.item.links || []) {
			const other = all.get(id);
			/* Those between parent and child are in the lines above. */
			const near = other && (other.item.parent === node.item.id || node.item.parent === id);
			if (other && !near && node.item.id < id && node.row !== undefined && other.row !== undefined)
				edges.push(drawLink(node, other));
		}
	}
	const width = 16 + (depth + 1) * BOX.width + depth * BOX.right;
	const height = 16 + Math.max(row, 1) * (BOX.height + BOX.below);
	return drawing("svg", { class: "tree", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "tree of processes" },
		edges, boxes);
}
