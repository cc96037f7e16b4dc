#!/bin/sh
# Static probes: the notes in the program name all of them, with their
# arguments, where it was built with them.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

readelf --notes "$lunatic" >notes 2>err || bad "readelf"
grep -q stapsdt notes || { echo "skipped: built without probes"; exit 0; }

# A line for each place of ours: its name, and how many arguments it has.
awk '
	$1 == "Provider:" { ours = $2 == "lunatic" }
	$1 == "Name:" { name = $2 }
	$1 == "Arguments:" && ours { print name, NF - 1 }
' notes | sort -u >out
printf '%s\n' 'receive 3' 'send 3' 'spawn 4' 'switch 2' 'trap 3' >expected
diff expected out >err || bad "the probes are not those of docs/report.md"

finish
