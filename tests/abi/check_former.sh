#!/bin/sh
# docs/from-lunatic.md names each host function of lunatic 0.7.5 and 0.13.2.
#
#   check_former.sh ABIGEN [SOURCE_DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
page=${2:-$here/../..}/docs/from-lunatic.md
status=0
for version in 0.7.5 0.13.2; do
	while IFS='	' read -r namespace name rest; do
		case $namespace in
		lunatic::*) ;;
		*) continue ;;
		esac
		# As a link to the page that describes it.
		grep -q "\[\`$name\`\](abi[-.0-9]*md#${name}[-0-9]*)" "$page" || {
			echo "FAILED: $namespace::$name of $version: $rest"
			status=1
		}
	done <"$here/host-functions-$version.tsv"
done
exit $status
