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
docs=$source/docs/abi.md
header=$source/sdk/c/include/lunatic/abi.h

if $update; then
	mkdir -p "$(dirname "$docs")" "$(dirname "$header")"
	exec "$abigen" "$source/src/host/v07/abi.def" \
		"$source/src/host/wasi/abi.def" --docs "$docs" \
		--guest-header "$header"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$abigen" "$source/src/host/v07/abi.def" "$source/src/host/wasi/abi.def" --docs "$work/abi.md" \
	--guest-header "$work/abi.h"
status=0
diff -u "$docs" "$work/abi.md" || status=1
diff -u "$header" "$work/abi.h" || status=1
if [ $status -ne 0 ]; then
	echo "out of date: run tests/abi/check_fresh.sh --update ABIGEN"
fi
exit $status
