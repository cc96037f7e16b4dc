#!/bin/sh
# Every piece of C in the guest library's headers and in what docs/ says of it
# compiles: as it stands, or as the body of a function that has what such
# pieces take for granted.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

# split FILE: writes the pieces of FILE to piece-1.c, piece-2.c ...
split() {
	rm -f piece-*.c
	case $1 in
	*.h)
		awk '
			/^[ \t]*\*\t/ {
				if (!within) { n++; within = 1 }
				sub(/^[ \t]*\*\t/, "")
				print >("piece-" n ".c")
				next
			}
			within && /^[ \t]*\*$/ {
				print "" >("piece-" n ".c")
				next
			}
			{ within = 0 }' "$1"
		;;
	*.md)
		awk '
			/^```c$/ { n++; within = 1; next }
			/^```$/ { within = 0 }
			within { print >("piece-" n ".c") }' "$1"
		;;
	esac
}

headers='#include <ctype.h>
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>'

compiles() {
	clang-19 --target=wasm32-wasi -std=c17 -fsyntax-only -Wall -Wextra \
		-Werror -Wno-unused-function -Wno-unused-variable \
		-I "$top/sdk/c/include" "$1" >"$work/err" 2>&1
}

found=0
for file in "$top"/sdk/c/include/lunatic.h "$top"/sdk/c/include/lunatic/*.h \
	"$top/docs/guest-c.md" "$top/docs/cluster.md"; do
	case $file in
	*/abi.h) continue ;;
	esac
	split "$file"
	for piece in piece-*.c; do
		[ -e "$piece" ] || continue
		found=$((found + 1))
		{ echo "$headers" && cat "$piece"; } >whole.c
		compiles whole.c && continue
		cp "$work/err" "$work/out"
		{
			echo "$headers"
			echo "void piece(struct lunatic_writer writer);"
			echo "void piece(struct lunatic_writer writer)"
			echo "{ (void)writer; {"
			cat "$piece"
			echo "} }"
		} >whole.c
		compiles whole.c || bad "${file##*/}, ${piece%.c}"
	done
done

# The functions and headers that the tables of other pages name.
for page in "$top"/docs/from-*.md; do
	grep -oE 'lunatic_[a-z_]*[a-z]\b|lunatic/[a-z]+\.h' "$page" | sort -u \
		>names
	while read -r name; do
		case $name in
		*.h) [ -e "$top/sdk/c/include/$name" ] ;;
		lunatic_global | lunatic_write) : ;;
		*) grep -rqw "$name" "$top/sdk/c/include" ;;
		esac || bad "${page##*/}: there is no $name"
	done <names
done
[ "$found" -ge 25 ] || bad "only $found pieces were found"
finish
