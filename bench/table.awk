# Prints the tables in Markdown, aligned for reading as they are.
#
#   sort -k 1,1 -k 2,2 -k 3,3n SAMPLES |
#       awk -v erlang=yes -v go=yes -v original=yes -v strategies="slab guard" \
#           -f table.awk ROWS -
#
# ROWS is rows.txt; a sample is a line "SERIES SYSTEM VALUE", the value in
# nanoseconds or bytes. Rows without a sample are left out, and without
# erlang=yes, go=yes or original=yes the columns of Erlang, Go or the original.
# There are four tables: of servers, of modules with data, of computing, and of
# all the rest.

# What a row is for a system, in nanoseconds or bytes; "" without samples.
function value(row, by, n, at) {
	n = count[series[row], by]
	if (n == 0)
		return ""
	at = int((n + 1) / 2)
	if (how[row] == "p99")
		at = int((n * 99 + 99) / 100)
	if (how[row] == "max")
		at = n
	return sample[series[row], by, at]
}

# More than three digits would be noise.
function cell(row, by, x) {
	x = value(row, by)
	if (x == "")
		return "-"
	# Of things that are counted, the sample is the time of one.
	x = unit[row] == "k/s" ? 1000000 / x : x / scale[unit[row]]
	return sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x) \
		" " unit[row]
}

function ratio(a, b) {
	return a == "" || b == "" || b == 0 ? "-" : sprintf("%.2f", a / b)
}

# What lunatic has as a part of what another one has.
function part_of(row, by, mine, other) {
	# One ratio as a part of another would say nothing.
	if (kind(row) == "data" && unit[row] == "x")
		return "-"
	mine = value(row, judged[kind(row)])
	other = value(row, by)
	return unit[row] == "k/s" ? ratio(other, mine) : ratio(mine, other)
}

# The faster one of the two native programs.
function native(row, a, b) {
	a = value(row, "gcc")
	b = value(row, "clang")
	return a == "" || (b != "" && b < a) ? b : a
}

# The table that a row is in.
function kind(row) {
	if (group[row] == "echo" || group[row] == "tls" ||
	    group[row] == "http" || group[row] == "submillisecond" ||
	    group[row] == "serve")
		return "servers"
	if (group[row] == "compute" || group[row] == "data")
		return group[row]
	return "rest"
}

# Whether a row is within its target, "-" when there is nothing to tell by.
function met(row, have, part, text, least) {
	text = target[row]
	least = sub(/^at least /, "", text)
	if (split(text, part, " ") < 2)
		return "-"
	have = value(row, judged[kind(row)])
	if (part[3] == "Erlang")
		have = part_of(row, "erlang")
	else if (part[3] == "Go")
		have = part_of(row, "go")
	else if (part[3] == "native")
		have = ratio(have, native(row))
	else if (have != "")
		have /= scale[part[2]]
	if (have == "" || have == "-")
		return "-"
	if (least)
		return have + 0 >= part[1] + 0 ? "yes" : "no"
	return have + 0 <= part[1] + 0 ? "yes" : "no"
}

function add(text) {
	cells[lines, ++columns] = text
	if (length(text) > width[columns])
		width[columns] = length(text)
}

function add_strategies(row, by, n, i) {
	n = split(strategies, by, " ")
	for (i = 1; i <= n; i++)
		add(row ? cell(row, by[i]) : by[i])
	if (original)
		add(row ? cell(row, "original") : "original")
}

# One line of a table: the heads for row 0.
function add_line(row, table) {
	lines++
	columns = 0
	add(row ? name[row] : "")
	if (table == "compute") {
		add(row ? cell(row, "gcc") : "gcc -O2")
		add(row ? cell(row, "clang") : "clang -O2")
	}
	if (table == "data")
		add_strategies(row)
	else
		add(row ? cell(row, "lunatic") : "lunatic")
	if (table == "servers" && go) {
		add(row ? cell(row, "go") : "Go")
		add(row ? part_of(row, "go") : "of Go")
	}
	if (table == "compute") {
		add(row ? cell(row, "guard") : "guard pages")
		add(row ? ratio(value(row, "guard"), native(row)) : \
			"of native")
	}
	if (erlang) {
		add(row ? cell(row, "erlang") : "Erlang")
		add(row ? part_of(row, "erlang") : "of Erlang")
	}
	add(row ? target[row] : "target: at most")
	add(row ? met(row) : "met")
}

function pad(text, n, left) {
	while (length(text) < n)
		text = left ? text " " : " " text
	return text
}

function print_table(line, column, text, rule) {
	for (line = 1; line <= lines; line++) {
		text = rule = "|"
		for (column = 1; column <= columns; column++) {
			text = text " " pad(cells[line, column], \
				width[column], column == 1) " |"
			rule = rule pad("", width[column] + 1) \
				(column == 1 ? " |" : ":|")
		}
		print text
		gsub(/ /, "-", rule)
		if (line == 1)
			print rule
	}
	print ""
}

function table(which, row) {
	lines = 0
	split("", width)
	add_line(0, which)
	for (row = 1; row <= rows; row++)
		if (kind(row) == which && row in sampled)
			add_line(row, which)
	if (lines > 1)
		print_table()
}

BEGIN {
	scale["ns"] = 1
	scale["x"] = 1
	scale["us"] = 1000
	scale["ms"] = 1000000
	scale["KiB"] = 1024
	# The system that is compared.
	judged["rest"] = judged["servers"] = "lunatic"
	judged["compute"] = "guard"
	judged["data"] = strategies ~ /auto/ ? "auto" : "slab"
}

FNR == NR {
	if ($0 ~ /^#/)
		next
	split($0, field, "|")
	rows++
	group[rows] = field[1]
	series[rows] = field[2]
	how[rows] = field[3]
	unit[rows] = field[4]
	target[rows] = field[5]
	name[rows] = field[6]
	next
}

{
	sample[$1, $2, ++count[$1, $2]] = $3
	for (row = 1; row <= rows; row++)
		if (series[row] == $1)
			sampled[row]
}

END {
	table("rest")
	table("servers")
	table("data")
	table("compute")
}
