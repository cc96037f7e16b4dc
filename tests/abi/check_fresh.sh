#!/bin/sh
# The generated files that are kept in the tree must be what abigen prints.
#
#   check_fresh.sh ABIGEN [SOURCE_DIR]
#   check_fresh.sh --update ABIGEN [SOURCE_DIR]    writes them instead
set -eu

update=false
if [ "$1" = --update ]; then
	update=true
	shift
fi
abigen=$1
source=${2:-$(cd "$(dirname "$0")/../.." && pwd)}

# generate DOCS_DIR HEADER_DIR: prints all of them there.
generate() {
	set -- "$1" "$2" "$source/src/host/v07/abi.def" \
		"$source/src/host/v07/cluster.def" \
		"$source/src/host/v07/http.def" "$source"/src/host/v13/*.def \
		"$source/src/host/wasi/abi.def"
	docs=$1
	headers=$2
	shift 2
	"$abigen" "$@" --docs "$docs/abi.md" --guest-header "$headers/abi.h"
	"$abigen" "$@" --generation 0.13 --docs "$docs/abi-0.13.md" \
		--guest-header "$headers/abi_0_13.h"
}

if $update; then
	generate "$source/docs" "$source/sdk/c/include/lunatic"
	exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
generate "$work" "$work"
status=0
for file in docs/abi.md docs/abi-0.13.md sdk/c/include/lunatic/abi.h \
	sdk/c/include/lunatic/abi_0_13.h; do
	diff -u "$source/$file" "$work/${file##*/}" || status=1
done
if [ $status -ne 0 ]; then
	echo "out of date: run tests/abi/check_fresh.sh --update ABIGEN"
fi
exit $status
