#!/bin/sh
# Other machines: configuring and installing end with a sentence that says so.
#
#   tests/dist/machines.sh LUNATIC
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-machines.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
bad() {
	echo "FAILED: $*"
	cat out
	exit 1
}

# configure PATTERN OPTION...: it fails, and says that, in one line or more.
configure() {
	pattern=$1
	shift
	rm -rf build
	cmake -S "$top" -B build -G Ninja -DCMAKE_SYSTEM_NAME=Linux "$@" \
		>out 2>&1 && bad "cmake $* goes on"
	tr -s '\n ' '  ' <out | grep -Eq "$pattern" || bad "cmake $*"
}
for machine in riscv64 i686 armv7l aarch64_be; do
	configure "runs on x86-64 and aarch64, not on $machine( |\$)" \
		-DCMAKE_SYSTEM_PROCESSOR=$machine
done
if [ "$(uname -m)" = x86_64 ]; then
	configure "and .* makes programs of 32 bits" \
		-DCMAKE_SYSTEM_PROCESSOR=x86_64 -DCMAKE_C_FLAGS=-m32 \
		-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY
fi

# installs PATTERN: tools/install.sh fails before it fetches anything.
mkdir bin
installs() {
	HOME=$work/home PATH=$work/bin:$PATH "$top/tools/install.sh" \
		/nowhere >out 2>&1 && bad "install.sh goes on"
	grep -q "$1" out || bad "install.sh: no '$1'"
	[ ! -e home ] || bad "install.sh has written something"
}
cat >bin/uname <<'END'
#!/bin/sh
case $1 in
-s) echo "${FAKE_SYSTEM:-Linux}" ;;
*) echo "${FAKE_MACHINE:-x86_64}" ;;
esac
END
chmod +x bin/uname
export FAKE_MACHINE FAKE_SYSTEM
for FAKE_MACHINE in riscv64 i686 armv7l ppc64le; do
	installs "runs on x86-64 and aarch64, not on $FAKE_MACHINE"
done
FAKE_MACHINE=arm64 FAKE_SYSTEM=Darwin
installs 'runs on Linux, not on Darwin'
FAKE_MACHINE=aarch64 FAKE_SYSTEM=Linux
printf '#!/bin/sh\necho 32\n' >bin/getconf
chmod +x bin/getconf
installs 'needs a system of 64 bits'
echo passed
