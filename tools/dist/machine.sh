#!/bin/sh
# Fetches what a machine for aarch64 in qemu-system boots, and prints its
# folder: `vmlinuz`, the `modules` that files of this machine are reached with,
# in the order to load them, and `busybox`. They are Debian 13's, whose kernel
# can list touched pages (PAGEMAP_SCAN); it lies in the user's cache.
#   tools/dist/machine.sh [4k|16k]   the size of the kernel's pages
set -eu

fail() { echo "machine: $*" >&2; exit 1; }
case ${1:-4k} in
4k) image=linux-image-arm64 ;;
16k) image=linux-image-arm64-16k ;;
*) fail "pages have 4k or 16k, not '$1'" ;;
esac

cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/machine
out=$cache/${1:-4k}
if [ -e "$out/vmlinuz" ]; then
	echo "$out"
	exit 0
fi
echo "machine: fetching a kernel for aarch64 (about 100 MB)" >&2
mkdir -p "$cache"
work=$(mktemp -d "$cache/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/apt.sh"
use_suite trixie arm64
# The package is one that depends on the newest kernel.
kernel=$(in_suite trixie --no-install-recommends --print-uris install \
	"$image" | sed -n "s/^'[^']*' \(linux-image-[0-9][^_]*\)_.*/\1/p" |
	head -n 1)
[ -n "$kernel" ] || fail "$image names no kernel"
fetch trixie debs "$kernel" busybox-static
for file in "$work"/debs/*.deb; do
	dpkg -x "$file" "$work/root"
done

modules=$(echo "$work"/root/usr/lib/modules/*)
[ -d "$modules" ] || modules=$(echo "$work"/root/lib/modules/*)
mkdir "$work/out" "$work/out/modules"
# take MODULE: it and what it depends on, each once, numbered in order.
number=10
take() {
	file=$(cd "$modules" && find . -name "$1.ko*" | head -n 1)
	if [ -z "$file" ]; then
		grep -q "/$1\.ko\$" "$modules/modules.builtin" ||
			fail "the kernel has no module $1"
		return
	fi
	[ -z "$(find "$work/out/modules" -name "*-$1.ko")" ] || return 0
	to=$work/out/modules/$number-$1.ko
	number=$((number + 1))
	case $file in
	*.xz) xz -dc "$modules/$file" >"$to" ;;
	*) cp "$modules/$file" "$to" ;;
	esac
}
# In an order in which each finds those that it needs.
for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev \
	virtio_pci netfs 9pnet 9pnet_virtio 9p; do
	take "$module"
done
cp "$work"/root/boot/vmlinuz-* "$work/out/vmlinuz"
cp "$work"/root/usr/bin/busybox "$work/out/busybox" ||
	cp "$work"/root/bin/busybox "$work/out/busybox"
rm -rf "$out"
mv "$work/out" "$out"
echo "$out"
