#!/bin/sh
# Checks what a reader would complain about, cheap things first; every check
# runs even when one before it failed.
#
#   tools/lint.sh            check
#   tools/lint.sh --quick    check, without clang-tidy
#   tools/lint.sh --format   format our C sources in place instead
set -eu

cd "$(dirname "$0")/.."
max_lines=800
max_columns=80
failed=

# Our C sources, except what a tool of ours writes.
sources() {
	for folder in src include sdk examples tests bench fuzz tools; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]'
	done | sort | while IFS= read -r file; do
		head -n 10 "$file" | grep -qE '(Generated|Made) by ' || echo "$file"
	done
}
scripts() {
	find tools tests bench fuzz cmake examples .ci -type f 2>/dev/null |
		sort | while IFS= read -r file; do
			case $(head -n 1 "$file" | tr -d '\0') in
			'#!/bin/sh' | '#!/bin/bash' | '#!/usr/bin/env bash')
				echo "$file" ;;
			esac
		done
}

check() {
	echo "lint: $1"
	shift
	"$@" || failed="$failed $1"
}
each_source() { sources | xargs -r "$@"; }

format_is_clean() { each_source clang-format-19 --dry-run -Werror; }

lines_fit() {
	each_source awk -v columns="$max_columns" -v lines="$max_lines" '
		function column(text, i, n, c) {
			for (i = 1; i <= length(text); i++) {
				c = substr(text, i, 1)
				n = c == "\t" ? n + 8 - n % 8 : n + 1
			}
			return n
		}
		column($0) > columns {
			printf "%s:%d: wider than %d columns\n", FILENAME,
				FNR, columns
			bad = 1
		}
		/[ \t]$/ {
			printf "%s:%d: blanks at the end\n", FILENAME, FNR
			bad = 1
		}
		FNR == lines + 1 {
			printf "%s: longer than %d lines\n", FILENAME, lines
			bad = 1
		}
		END { exit bad }'
}

scripts_are_sound() {
	scripts | xargs -r shellcheck --severity=warning
}

# Warnings and errors; style is only what an OS or a date should be.
manual_pages() {
	mandoc -T lint -W warning docs/*.1
}

# Needs the commands that compile each file; headers are checked with the
# files that include them.
tidy() {
	commands=build/debug/compile_commands.json
	[ -e "$commands" ] || cmake --preset debug --log-level=NOTICE >/dev/null
	# The generated sources must be there to be included.
	cmake --build --preset debug --target gen >/dev/null || return 1
	# What it counts but does not show goes to standard error.
	find src -name '*.c' | sort | xargs -r -n 1 -P "$(nproc)" \
		clang-tidy-19 -p build/debug --quiet --warnings-as-errors='*' \
		2>/dev/null
}

case ${1:-} in
--format)
	each_source clang-format-19 -i
	exit 0
	;;
--quick | "") ;;
*)
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac

check "format (make format repairs it)" format_is_clean
check "sizes" lines_fit
check "includes" tools/check-includes.sh
check "results of system calls" tools/check-results.sh
check "words of names" tools/check-words.sh
check "shell scripts" scripts_are_sound
check "manual pages" manual_pages
[ "${1:-}" = --quick ] || check "clang-tidy" tidy

if [ -n "$failed" ]; then
	echo "lint: failed:$failed"
	exit 1
fi
echo "lint: clean"
