#!/bin/sh
# The manual page: every option and command of --help is in it, and nothing
# else; it is well-formed.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

page=$top/docs/lunatic.1
options() { grep -oE -e '--[a-z][a-z-]*[a-z]' | sort -u; }
"$lunatic" --help | options >printed
sed -n 's/\\//g; /^\.It.*Fl/p' "$page" | sed 's/Fl -/--/g' | options >listed
diff printed listed >out || bad "options of --help (<) and of the page (>)"
for command in test init cluster-ca completions; do
	grep -q "^\.Cm $command\( [a-z]*\)\?\$" "$page" || bad "no $command"
done
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$page" >out 2>err || bad "mandoc"
elif command -v groff >/dev/null; then
	groff -ww -mandoc -T ascii "$page" >/dev/null 2>err || bad "groff"
	[ ! -s err ] || bad "groff warns"
fi
finish
