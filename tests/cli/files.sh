#!/bin/sh
# Files: a program that does what programs do, --dir in all its forms, and what
# must stay out of reach.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

# guest NAME: compiles tests/cli/NAME.c.
guest() {
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
		-I "$here/../../sdk/c/include" "$here/$1.c" -o "$work/$1.wasm"
}
guest files

# With the kernel's resolution of paths, and with our own; on a disk, and in
# memory if there is such a place.
for openat2 in on off; do
	LUNATIC_OPENAT2=$openat2
	export LUNATIC_OPENAT2
	for place in "$work" /dev/shm; do
		folder=$(mktemp -d "$place/files.XXXXXX") || continue
		run --dir "$folder::." files.wasm
		expect 0 "files in $place, openat2 $openat2"
		says out '^done$' "files in $place, openat2 $openat2"
		[ -z "$(ls -A "$folder")" ] || bad "$folder is not empty"
		rm -rf "$folder"
	done
done
unset LUNATIC_OPENAT2

# Directories that cannot be had: one line that says which and why.
refuses "cannot open the directory 'nowhere' of --dir: No such file" \
	--dir nowhere files.wasm
refuses "cannot open the directory 'files.wasm' of --dir: Not a dir" \
	--dir files.wasm files.wasm
for value in '' :: a:: ::b :ro; do
	refuses "is not a valid value of --dir" --dir "$value" files.wasm
done

# Variables.
for value in '' =x NOT_SET_ANYWHERE; do
	refuses "is not a valid value of --env" --env "$value" files.wasm
done
finish
