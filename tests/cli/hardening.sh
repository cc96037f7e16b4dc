#!/bin/sh
# How the program and the libraries are built: which names they show, and what
# makes a mistake in them harder to use.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

build=$(dirname "$lunatic")
[ -e "$build/liblunatic.a" ] || { echo "skipped: no libraries here"; exit 0; }

# What the header declares, and nothing else.
cat "$top"/include/lunatic/*.h | tr '\n' ' ' |
	grep -oE 'LUNATIC_RT_API [^(;]*\(' | grep -oE 'lunatic_[a-z0-9_]+\($' |
	tr -d '(' | sort -u >declared
[ "$(wc -l <declared)" -ge 50 ] || bad "few declarations"
llvm-nm-19 --defined-only --extern-only --format=just-symbols \
	"$build/liblunatic.a" 2>err | grep -vE '^(.*:)?$' | sort -u >archive
diff declared archive >out || bad "liblunatic.a shows (>), not as declared (<)"
llvm-nm-19 --dynamic --defined-only --extern-only --format=just-symbols \
	"$build/liblunatic.so" 2>err | sort -u >shared
diff declared shared >out || bad "liblunatic.so shows (>), not as declared (<)"

for file in "$lunatic" "$build/liblunatic.so"; do
	readelf --wide --program-headers --dynamic --notes "$file" >out 2>err ||
		bad "readelf $file"
	says out ' GNU_RELRO ' "$file"
	says out '\(FLAGS(_1)?\).*(BIND_NOW|NOW)' "$file"
	says out ' GNU_STACK .* RW ' "$file"
	says out 'Type: +DYN|GNU_STACK' "$file"
	# Fibers have no shadow stacks, and compiled code no landing pads.
	! grep -q 'x86 feature:.*\(SHSTK\|IBT\)' out || bad "$file is marked"
	llvm-nm-19 --dynamic --undefined-only "$file" >out 2>err
	says out ' __stack_chk_fail(@|$)' "$file"
done
readelf --wide --file-header "$lunatic" >out
says out 'Type: +DYN' "$lunatic"

# Each object of ours says that its entries have landing pads, the assembler's
# as well, where the compiler can do that, and none that it has shadow stacks.
readelf --wide --notes "$build/libln_sched.a" >out 2>err || bad "readelf"
says out 'x86 feature: IBT$|AArch64 feature: BTI' "the switch of fibers"
! grep -q SHSTK out || bad "an object is marked for shadow stacks"
finish
