#!/bin/sh
# Checks the words of names in our C sources: a bound is a max or a min, and so
# on; the list below says what stands for what. Only names count, not comments
# and strings, and only whole words of a name: `most` in `most_bytes`, not in
# `almost`. Names of tests may say what they like.
#
#   tools/check-words.sh [FILE...]
set -eu

cd "$(dirname "$0")/.."
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(git ls-files 'src/*.[ch]' 'include/*.h' 'sdk/*.[ch]' \
	'tools/*.[ch]' 'fuzz/*.[ch]' 'plugins/*.[ch]' 'bench/*.[ch]')

exec awk '
	BEGIN {
		instead["most"] = "max"
		instead["least"] = "min"
		instead["odd"] = "hung_up (of a connection)"
		instead["party"] = instead["parties"] = "tenant"
		whole["ln_turns"] = "ln_fair_queue"
		whole["ln_ends"] = "ln_tombstones"
		whole["ln_ids"] = "ln_id_table"
		instead["unpack"] = "decoder"
		instead["payload"] = "encoder or decoder"
	}
	function match_double(text) {
		return match(text, /^([^"\\]|\\.)*"/)
	}
	function match_single(text) {
		return match(text, /^([^\047\\]|\\.)*\047/)
	}
	# The text of a line without comments and literals.
	function code(line,   out, at, rest, mark) {
		out = ""
		while (line != "") {
			if (in_comment) {
				at = index(line, "*/")
				if (at == 0)
					return out
				line = substr(line, at + 2)
				in_comment = 0
				continue
			}
			if (!match(line, /\/\*|\/\/|"|\047/))
				return out line
			mark = substr(line, RSTART, RLENGTH)
			out = out substr(line, 1, RSTART - 1) " "
			rest = substr(line, RSTART + RLENGTH)
			if (mark == "//")
				return out
			if (mark == "/*") {
				in_comment = 1
			} else if (mark == "\"" ? match_double(rest) : match_single(rest)) {
				rest = substr(rest, RLENGTH + 1)
			}
			line = rest
		}
		return out
	}
	FNR == 1 { in_comment = 0 }
	/^[ \t]*#[ \t]*include/ { next }
	{
		text = code($0)
		while (match(text, /[A-Za-z_][A-Za-z0-9_]*/)) {
			name = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			for (old in whole) {
				if (name != old && index(name, old "_") != 1)
					continue
				printf "%s:%d: %s: say %s\n", FILENAME, FNR, name,
					whole[old]
				bad = 1
			}
			n = name ~ /^(msgpack|MSGPACK)_/ ? 0 : split(tolower(name), words, "_")
			for (i = 1; i <= n; i++) {
				if (!(words[i] in instead))
					continue
				printf "%s:%d: %s: say %s\n", FILENAME, FNR, name,
					instead[words[i]]
				bad = 1
			}
		}
	}
	END { exit bad }
' "$@"
