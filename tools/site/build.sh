#!/bin/sh
# Builds the book: docs/, the README, the changes, and pages that are generated
# from the headers and the man pages, as static pages with a search.
#
#   tools/site/build.sh [OUTPUT]        (default: build/site)
#
# It takes mdbook, from the PATH or from ~/.cache/lunatic/mdbook; man pages are
# left out where there is no mandoc.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
output=${1:-$top/build/site}
version=0.5.4
home=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/mdbook

# Each page has its place in the book; nobody would find another one.
for page in "$top"/docs/*.md; do
	name=$(basename "$page")
	if ! grep -qF "($name)" "$here/SUMMARY.md"; then
		echo "site: docs/$name has no place in tools/site/SUMMARY.md" >&2
		exit 1
	fi
done

if command -v mdbook >/dev/null 2>&1; then
	mdbook=mdbook
elif [ -x "$home/bin/mdbook" ]; then
	mdbook=$home/bin/mdbook
else
	echo "site: mdbook is not there: cargo install mdbook --locked" \
		"--version $version --root '$home'" >&2
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-site.XXXXXX")
trap 'rm -rf "$work"' EXIT
src=$work/src
mkdir "$src"
cd "$top"

cp docs/*.md "$here/SUMMARY.md" "$src"
# From the top of the project the pages are in docs/, here they are beside it.
sed 's/](docs\//](/g' README.md >"$src/introduction.md"
cp CHANGELOG.md "$src/changes.md"
sed 's/](docs\//](/g' CONTRIBUTING.md >"$src/contributing.md"

# part TITLE: a part of the reference. page TITLE FILE: a page in it.
part() { printf '\n# %s\n\n' "$1" >>"$src/SUMMARY.md"; }
page() { printf -- '- [%s](%s)\n' "$1" "$2" >>"$src/SUMMARY.md"; }

part "The library for C, by header"
mkdir "$src/c"
for header in sdk/c/include/lunatic/*.h; do
	name=$(basename "$header" .h)
	case $name in
	abi | abi_0_13) continue ;; # abi.md and abi-0.13.md
	esac
	awk -v name="lunatic/$name.h" -f "$here/header.awk" "$header" \
		>"$src/c/$name.md"
	page "lunatic/$name.h" "c/$name.md"
done
part "The embedding library, by header"
mkdir "$src/embed"
for header in include/lunatic/*.h; do
	name=$(basename "$header" .h)
	awk -v name="lunatic/$name.h" -f "$here/header.awk" "$header" \
		>"$src/embed/$name.md"
	page "lunatic/$name.h" "embed/$name.md"
done
: >"$work/manuals"
if command -v mandoc >/dev/null 2>&1; then
	part "Man pages"
	for manual in docs/*.1; do
		name=$(basename "$manual" .1)
		mandoc -T markdown "$manual" >"$src/man-$name.md"
		page "$name(1)" "man-$name.md"
		echo "s|]($name\\.1)|](man-$name.md)|g" >>"$work/manuals"
	done
else
	echo "site: without man pages: mandoc is not there" >&2
fi

# What pages say about files of the project, which are copied: a folder becomes
# a list of its files.
grep -ohE '\]\((\.\./)?(examples|contrib|sdk|bench|tests|include|tools)(/[^)#]*)?[)#]' \
	"$src"/*.md |
	sed -e 's/^](//' -e 's/^\.\.\///' -e 's/[)#]$//' -e 's/\/$//' | sort -u >"$work/named"
while read -r path; do
	if [ -d "$path" ]; then
		git ls-files "$path" | while read -r file; do
			mkdir -p "$src/$(dirname "$file")"
			cp "$file" "$src/$file.txt"
			echo "<p><a href=\"${file#"$path"/}.txt\">${file#"$path"/}</a></p>"
		done >"$work/list"
		mkdir -p "$src/$path"
		{
			echo '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
			echo '<meta name="viewport" content="width=device-width">'
			echo '<meta name="color-scheme" content="light dark">'
			echo "<title>$path</title><h1>$path</h1>"
			cat "$work/list"
		} >"$src/$path/index.html"
		to=$path/index.html
	elif [ -f "$path" ]; then
		mkdir -p "$src/$(dirname "$path")"
		cp "$path" "$src/$path.txt"
		to=$path.txt
	else
		echo "site: a page names $path, which is not there" >&2
		exit 1
	fi
	quoted=$(printf '%s' "$path" | sed 's/[.]/\\./g')
	printf '%s\n' "s|](\\(\\.\\./\\)\\{0,1\\}$quoted/\\{0,1\\}\\([)#]\\)|]($to\\2|g"
done <"$work/named" >"$work/links"
sed -i -f "$work/links" -f "$work/manuals" "$src"/*.md
sed -i -e 's|](\.\./README\.md|](introduction.md|g' \
	-e 's|](\.\./CHANGELOG\.md|](changes.md|g' \
	-e 's|](LICENSE-\([A-Z]*\))|](LICENSE-\1.txt)|g' \
	-e 's|](CONTRIBUTING\.md|](contributing.md|g' \
	-e 's|](CHANGELOG\.md)|](changes.md)|g' "$src"/*.md
for file in LICENSE-APACHE LICENSE-MIT; do
	cp "$file" "$src/$file.txt"
done
# A link whose text is the name of a page has the page's title instead.
for page in "$top"/docs/*.md; do
	name=$(basename "$page" | sed 's/[.]/\\./g')
	title=$(sed -n 's/[&|\\]/\\&/g; s/^# //p; /^# /q' "$page")
	echo "s|\\[\\(docs/\\)\\{0,1\\}$name\\](|[$title](|g"
done >"$work/titles"
sed -i -f "$work/titles" "$src"/*.md
# Only the test suite reads these.
sed -i '/^<!-- test: .* -->$/d' "$src"/*.md

cat >"$work/book.toml" <<EOS
[book]
title = "lunatic"
language = "en"

[output.html]
no-section-label = true
additional-css = ["site.css"]

# Programs for lunatic do not run elsewhere; and no page asks other hosts.
[output.html.playground]
runnable = false

# All words are in it.
[output.html.search.chapter]
"changes.md" = { enable = false }
EOS
cp "$here/site.css" "$work"
mkdir -p "$output"
"$mdbook" build -d "$work/html" "$work" >"$work/log" 2>&1 ||
	{ cat "$work/log" >&2; exit 1; }
if grep -Eq 'WARN|ERROR' "$work/log"; then
	cat "$work/log" >&2
	exit 1
fi
rm -rf "$output"
cp -R "$work/html" "$output"
echo "the book is $output/index.html"
