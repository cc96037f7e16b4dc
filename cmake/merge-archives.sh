#!/bin/sh
# merge-archives.sh AR OUT IN...: makes the archive OUT of the members of all
# the archives IN. Members of the same name stay apart.
set -eu

ar=$1
out=$2
shift 2
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT

# An ar script knows neither spaces nor plus signs in names, so the archives
# are given plain ones.
n=0
{
	echo "create out.a"
	for archive in "$@"; do
		n=$((n + 1))
		ln -s "$archive" "$work/$n.a"
		echo "addlib $n.a"
	done
	echo save
	echo end
} >"$work/script"
(cd "$work" && "$ar" -M <script)
mv -f "$work/out.a" "$out"
