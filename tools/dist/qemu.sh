#!/bin/sh
# Prints the path of a qemu-aarch64 that can run lunatic: version 8 or newer.
# Older ones keep a table of all reserved pages, and the program reserves
# terabytes of addresses. Debian 13's is fetched into the user's cache.
#   LUNATIC_QEMU=PROGRAM   another one
set -eu

fail() { echo "qemu: $*" >&2; exit 1; }
is_new() {
	v=$("$1" --version 2>/dev/null |
		sed -n 's/^qemu-aarch64 version \([0-9]*\)\..*/\1/p')
	[ -n "$v" ] && [ "$v" -ge 8 ]
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/qemu
for program in "${LUNATIC_QEMU:-}" "$(command -v qemu-aarch64-static)" \
	"$(command -v qemu-aarch64)" "$cache/qemu-aarch64"; do
	if [ -n "$program" ] && is_new "$program"; then
		echo "$program"
		exit 0
	fi
done
echo "qemu: fetching one for aarch64 (71 MB)" >&2
mkdir -p "$cache"
work=$(mktemp -d "$cache/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/apt.sh"
use_suite trixie "$(dpkg --print-architecture)"
fetch trixie debs qemu-user
dpkg -x "$work"/debs/qemu-user_*.deb "$work/root"
mv "$work/root/usr/bin/qemu-aarch64" "$cache/qemu-aarch64"
is_new "$cache/qemu-aarch64" || fail "what was fetched does not run here"
echo "$cache/qemu-aarch64"
