#!/bin/sh
# The manual pages: every option and command of --help is in lunatic(1), and
# nothing else, with the same ranges and defaults; all pages are well-formed.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

page=$top/docs/lunatic.1
options() { grep -oE -e '--[a-z][a-z-]*[a-z]' | sort -u; }
# What commands take beside that.
commands="ps top inspect kill upgrade trace"
help() {
	"$lunatic" --help
	for command in $commands; do
		"$lunatic" "$command" --help
	done
}
help | options >printed
sed -n 's/\\//g; /^\.It.*Fl/p' "$page" | sed 's/Fl -/--/g' | options >listed
diff printed listed >out || bad "options of --help (<) and of the page (>)"
# Numbers with what is behind them: values, ranges, defaults.
ranges() {
	tr '\n' ' ' | tr -s ' ' | grep -oE '[0-9]+[A-Za-z]* (to [0-9]+[a-z]*|or more)|default[: ]+[0-9]+[GMs]?' |
		sort
}
{
	"$lunatic" --help | sed '/^Environment:/,$d'
	"$lunatic" ps --help
	"$lunatic" upgrade --help | sed '/^Which program/,$d'
	"$lunatic" trace --help
	"$lunatic" top --help | sed '/^Which program/,$d'
} | ranges >printed
sed '1,/^\.Sh OPTIONS/d; /^\.Sh ENVIRONMENT/,$d' "$page" | ranges >listed
[ "$(wc -l <printed)" -ge 30 ] || bad "few ranges"
diff printed listed >out || bad "ranges of --help (<) and of the page (>)"
for command in $("$lunatic" completions fish |
	sed -n 's/^.*__fish_use_subcommand -a //p'); do
	grep -q "^\.Cm $command\( [a-z]*\)\?\$" "$page" || bad "no $command"
done
if command -v mandoc >/dev/null; then
	for page in "$top"/docs/*.1; do
		mandoc -T lint -W warning "$page" >out 2>err || bad "mandoc $page"
	done
elif command -v groff >/dev/null; then
	for page in "$top"/docs/*.1; do
		groff -ww -mandoc -T ascii "$page" >/dev/null 2>err ||
			bad "groff $page"
		[ ! -s err ] || bad "groff warns"
	done
fi
finish
