#!/bin/sh
# Installs lunatic without root, from what `make dist` made:
#
#   install.sh URL|FOLDER [--prefix DIR]   install, ~/.local by default
#   install.sh --uninstall [--prefix DIR]  remove what was installed
#
# URL is the address of the folder in which SHA256SUMS and the packages lie; they
# are fetched with curl or wget. Nothing is written below the prefix before the
# package has the sum that SHA256SUMS says. SHA256SUMS itself is as
# trustworthy as the place that it comes from.
set -eu

say() { echo "install: $*"; }
fail() { echo "install: $*" >&2; exit 1; }
usage() { sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" | sed '/^set -eu/d' >&2; exit 2; }

from=
uninstall=false
prefix=${HOME:-}/.local
while [ $# -gt 0 ]; do
	case $1 in
	--prefix)
		[ $# -ge 2 ] || usage
		prefix=$2
		shift
		;;
	--prefix=*) prefix=${1#*=} ;;
	--uninstall) uninstall=true ;;
	-*) usage ;;
	*)
		[ -z "$from" ] || usage
		from=$1
		;;
	esac
	shift
done
[ -n "$prefix" ] || usage
case $prefix in
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
list=$prefix/share/lunatic/installed-files

# Removes the files of the list, and folders that this leaves empty.
remove() {
	while IFS= read -r path; do
		case $path in
		"" | /* | ../* | */../* | */..) continue ;;
		esac
		rm -f "$prefix/$path"
		folder=$(dirname "$path")
		while [ "$folder" != . ] && rmdir "$prefix/$folder" 2>/dev/null; do
			folder=$(dirname "$folder")
		done
	done <"$1"
}

if $uninstall; then
	[ -z "$from" ] || usage
	[ -f "$list" ] || fail "nothing was installed below $prefix: there is no $list"
	work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-install.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cp "$list" "$work/list"
	echo share/lunatic/installed-files >>"$work/list"
	remove "$work/list"
	say "removed lunatic from $prefix"
	exit 0
fi
[ -n "$from" ] || usage

[ "$(uname -s)" = Linux ] || fail "lunatic runs on Linux, not on $(uname -s)"
case $(uname -m) in
x86_64 | amd64) arch=x86_64 ;;
aarch64 | arm64) arch=aarch64 ;;
*) fail "lunatic runs on x86-64 and aarch64, not on $(uname -m)" ;;
esac
# A kernel of 64 bits may have a system of 32 bits.
[ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 64 ] ||
	fail "lunatic needs a system of 64 bits, and this one has 32"
command -v sha256sum >/dev/null ||
	fail "there is no sha256sum to check what is fetched (package coreutils)"

work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

# fetch NAME: the file of that name into the work folder.
fetch() {
	case $from in
	*://*)
		if command -v curl >/dev/null; then
			curl -fsSL -o "$work/$1" "${from%/}/$1"
		elif command -v wget >/dev/null; then
			wget -q -O "$work/$1" "${from%/}/$1"
		else
			fail "there is neither curl nor wget to fetch it with"
		fi
		;;
	*) cp "${from%/}/$1" "$work/$1" ;;
	esac || fail "$1 could not be fetched from $from"
}

fetch SHA256SUMS
name=$(sed -n "s/^[0-9a-f]\{64\}  \(lunatic-[0-9.]*-$arch-linux\.tar\.gz\)\$/\1/p" \
	"$work/SHA256SUMS" | sort -V | tail -n 1)
[ -n "$name" ] || fail "$from has no package for $arch"
fetch "$name"
(cd "$work" && grep "  $name\$" SHA256SUMS | sha256sum -c - >/dev/null 2>&1) ||
	fail "$name has another sum than SHA256SUMS says: nothing was installed"
mkdir "$work/unpacked"
tar -xzf "$work/$name" -C "$work/unpacked" --strip-components=1 \
	--no-same-owner || fail "$name cannot be unpacked"
version=$("$work/unpacked/bin/lunatic" --version 2>"$work/err") || {
	cat "$work/err" >&2
	! grep -q 'Permission denied' "$work/err" ||
		fail "no program may be run in $work: set TMPDIR to another folder"
	fail "the program does not run here: it needs glibc 2.31 or newer, and this system has $(ldd --version 2>&1 | sed -n '1s/.* //p')"
}

[ ! -f "$list" ] || { cp "$list" "$work/old" && remove "$work/old"; }
mkdir -p "$prefix/share/lunatic" || fail "$prefix cannot be written"
(cd "$work/unpacked" && find . ! -type d | sed 's|^\./||' | sort) >"$work/list"
(cd "$work/unpacked" && tar -cf - .) | (cd "$prefix" && tar -xf - --no-same-owner) ||
	fail "not all could be written below $prefix"
cp "$work/list" "$list"
say "$version is installed in $prefix"
case :$PATH: in
*":$prefix/bin:"*) ;;
*) say "put it into PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
