#!/usr/bin/env bash
# Builds for aarch64 with asserts and runs tests on a kernel for it, in a machine
# of qemu-system: `make test-aarch64-system`, or
#
#   tools/dist/test-aarch64-system.sh [OPTION OF CTEST...]
#
# What qemu-user cannot do is done there: memory is the kernel's, and signals
# interrupt compiled code. Without options it runs what that matters to. The
# machine has busybox and no compiler: guests are compiled here first, and tests
# that need more than a shell are left out.
#   LUNATIC_MACHINE_PAGES=16k     a kernel with larger pages (default: 4k)
#   LUNATIC_MACHINE_CPU=CPU       another processor of qemu's (default: max)
#   LUNATIC_MACHINE_SECONDS=N     its time (default: 2400)
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
fail() { echo "test-aarch64-system: $*" >&2; exit 1; }
pages=${LUNATIC_MACHINE_PAGES:-4k}
cpu=${LUNATIC_MACHINE_CPU:-max,pauth-impdef=on}
seconds=${LUNATIC_MACHINE_SECONDS:-2400}

command -v qemu-system-aarch64 >/dev/null ||
	fail "there is no qemu-system-aarch64; tools/bootstrap.sh --with machine"
cmake --preset aarch64 -DLUNATIC_WERROR=ON --log-level=NOTICE
cmake --build --preset aarch64 -j "${JOBS:-$(nproc)}"
machine=$(tools/dist/machine.sh "$pages")
sysroot=$(tools/dist/sysroot.sh aarch64)

work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-machine.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,guests,modules,proc,sys,tmp}
cp "$machine/busybox" "$root/bin/busybox"
cp "$machine"/modules/*.ko "$root/modules/"

# One line for each test, and the sources of all guests that one may compile.
[ $# -gt 0 ] || set -- -R '^(unit/(sched|engine|process|base)/|guest/(process|message|v13|fuel)|stress/(preempt|traps|fold|storm|supervise|registry)$)'
ctest --preset aarch64 --show-only=json-v1 "$@" >"$work/list"
python3 tools/dist/machine_tests.py "$work/list" "$root/tests" "$work/sources"
while IFS= read -r source; do
	to=$root/guests/$(echo "$source" | tr / _).wasm
	case $source in
	*.wat)
		grep -q '^(component' "$source" ||
			wat2wasm --enable-all --debug-names "$source" -o "$to"
		;;
	*.c)
		library=
		! grep -q '^#include <lunatic\.h>' "$source" ||
			library=build/aarch64/sdk/c/lib/liblunatic-guest.a
		flags=$(sed -n 's|^// cflags: ||p' "$source")
		# shellcheck disable=SC2086 # words
		clang-19 --target=wasm32-wasi -O1 -I sdk/c/include $flags \
			"$source" $library -o "$to"
		;;
	esac
done <"$work/sources"

# What the tests call to compile a guest takes it from there.
cat >"$root/bin/clang-19" <<'END'
#!/bin/sh
for argument; do
	case $argument in
	*.c | *.wat) from=/guests/$(realpath "$argument" | tr / _).wasm ;;
	esac
	[ "${last:-}" != -o ] || to=$argument
	last=$argument
done
exec cp "$from" "$to"
END
cp "$root/bin/clang-19" "$root/bin/wat2wasm"
chmod +x "$root/bin/clang-19" "$root/bin/wat2wasm"

# The folders of this machine have the same names there, and are read-only.
cat >"$root/init" <<END
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs tmp /tmp
mount -t tmpfs tmp /dev/shm
for module in /modules/*.ko; do insmod \$module; done
for name in top sysroot; do
	case \$name in
	top) path=$top ;;
	sysroot) path=$sysroot ;;
	esac
	mkdir -p \$path
	mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 \
		\$name \$path || poweroff -f
done
ip link set lo up
mkdir -p /lib /usr/bin
ln -s /bin/env /usr/bin/env
ln -s $sysroot/lib/ld-linux-aarch64.so.1 /lib/ld-linux-aarch64.so.1
echo "== kernel \$(uname -r), \$(grep -m1 KernelPageSize /proc/self/smaps | tr -s " ")"
passed=0
failed=0
one() {
	name=\$1 limit=\$2
	shift 2
	start=\$(date +%s)
	if timeout -k 5 \$limit env "\$@" >/tmp/out 2>&1 </dev/null; then
		passed=\$((passed + 1))
		echo "ok      \$name, \$((\$(date +%s) - start)) s"
	else
		echo "FAILED  \$name, status \$?, \$((\$(date +%s) - start)) s"
		tail -n 40 /tmp/out
		failed=\$((failed + 1))
	fi
}
cd $top/build/aarch64
. /tests
echo "\$passed passed, \$failed failed"
poweroff -f
END
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"

share() {
	echo "-fsdev local,id=$1,path=$2,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
# shellcheck disable=SC2046 # words
timeout "$seconds" qemu-system-aarch64 -M virt -cpu "$cpu" -smp 2 -m 4096 \
	-accel tcg,thread=multi -nographic -no-reboot -nic none \
	-kernel "$machine/vmlinuz" -initrd "$work/initrd" \
	-append 'console=ttyAMA0 quiet panic=-1' \
	$(share top "$top") $(share sysroot "$sysroot") </dev/null |
	sed -u 's|\r||' | tee "$work/log" ||
	fail "the machine did not end by itself in $seconds s"
grep -q '^[1-9][0-9]* passed, 0 failed$' "$work/log"
