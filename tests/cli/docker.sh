#!/bin/sh
# The Dockerfile: what it copies before the sources is all that the engine is
# made from, so that the layer with the engine is the one that the build wants.
# Nothing is built here: the engine must already be found.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

build=$(dirname "$lunatic")
engine=$(sed -n 's/^LUNATIC_ENGINE:PATH=//p' \
	"$build/CMakeCache.txt")
[ -z "$engine" ] || { echo "skipped: built with an engine from elsewhere"; exit 0; }
mkdir copy
sed -n '/^COPY \. \./q; s/^COPY //p' "$top/Dockerfile" >copies
[ "$(wc -l <copies)" -ge 2 ] || bad "the Dockerfile copies little"
while read -r line; do
	# shellcheck disable=SC2086 # words
	set -- $line
	while [ $# -gt 1 ]; do
		case $1 in
		tools/*) mkdir -p copy/tools && cp -R "$top/$1" copy/tools ;;
		*) cp -R "$top/$1" "copy/$1" ;;
		esac
		shift
	done
done <copies
want=$("$top/tools/build-engine.sh" 2>err) || bad "build-engine.sh"
got=$(timeout 30 copy/tools/build-engine.sh 2>err) ||
	bad "build-engine.sh with what the Dockerfile copies"
[ "$want" = "$got" ] || bad "another engine: $got instead of $want"
copy/tools/bootstrap.sh 2>err || bad "bootstrap.sh with what it copies"
finish
