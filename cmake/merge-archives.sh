#!/bin/sh
# merge-archives.sh LD OBJCOPY AR OUT IN...: makes the archive OUT of the
# members of all the archives IN, as one object in which only what the public
# header declares is visible: nothing in it, neither ours nor the engine's, can
# clash with a name of the program that links it. Sections stay apart, so that
# --gc-sections drops what is not used.
set -eu

ld=$1
objcopy=$2
ar=$3
out=$4
shift 4
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$ld" -r -o "$work/all.o" --whole-archive "$@"
# What is for link-time optimisation has the names from before.
"$objcopy" --wildcard --keep-global-symbol='!lunatic_engine_*' \
	--keep-global-symbol='!lunatic_component_*' \
	--keep-global-symbol='lunatic_*' --remove-section='.gnu.lto_*' \
	"$work/all.o" "$work/lunatic.o"
"$ar" rcsD "$work/out.a" "$work/lunatic.o"
mv -f "$work/out.a" "$out"
