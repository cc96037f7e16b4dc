#!/bin/sh
# Installs what building and testing needs and this machine lacks, or says what
# to install. Quick and silent when nothing is missing.
#
#   tools/bootstrap.sh               to build, to run the demo and the tests
#   tools/bootstrap.sh --with lint   also for make lint and make format
#   tools/bootstrap.sh --with sanitizers
#                                    also for the presets asan, ubsan and tsan
#   tools/bootstrap.sh --with fuzz   also for the fuzzers
#   tools/bootstrap.sh --with bench  also Erlang and Go, to compare with,
#                                    and wrk, which asks servers; the
#                                    benchmarks run without them
#   tools/bootstrap.sh --with dist   also for make dist
#   tools/bootstrap.sh --with cross  also for make dist-aarch64, test-aarch64
#   tools/bootstrap.sh --with machine
#                                    also for make test-aarch64-system
#
# Packages are installed with apt-get, as root or through a sudo that asks for
# no password; in every other case the command to run is printed.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cargo_version=1.95
cmake_version=3.25
missing=
optional=
wanted=

say() { echo "bootstrap: $*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
need() { missing="$missing $1"; }

# need_command COMMAND PACKAGE, need_file PATH PACKAGE
need_command() { have "$1" || need "$2"; }
need_file() { [ -e "$1" ] || need "$2"; }

cmake_is_new_enough() {
	have cmake || return 1
	v=$(cmake --version | sed -n 's/^cmake version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
	# shellcheck disable=SC2086
	set -- $v ${cmake_version%.*} ${cmake_version#*.}
	[ "$1" -gt "$3" ] || { [ "$1" -eq "$3" ] && [ "$2" -ge "$4" ]; }
}

# Names in `missing` the packages of Debian 12 that hold what is not here; in
# `wanted` those that are installed only together with others: without them
# something is left out (static probes, NATS).
look() {
	missing=
	wanted=
	have gcc && echo '#include <sys/sdt.h>' | gcc -E - >/dev/null 2>&1 ||
		wanted=systemtap-sdt-dev
	[ -e /usr/include/nats/nats.h ] || wanted="$wanted libnats-dev"
	have nats-server || wanted="$wanted nats-server"
	need_command make make
	need_command gcc gcc
	need_file /usr/include/stdio.h libc6-dev
	cmake_is_new_enough || need cmake
	need_command ninja ninja-build
	need_command pkg-config pkg-config
	need_command patch patch
	need_command clang-19 clang-19
	need_command wasm-ld-19 lld-19
	need_command llvm-ar-19 llvm-19
	need_command wat2wasm wabt
	need_file /usr/include/wasm32-wasi/stdio.h wasi-libc
	need_file /usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a \
		libclang-rt-19-dev-wasm32
	need_file /usr/include/cmocka.h libcmocka-dev
	need_command python3 python3-minimal
	python3 -c "import ssl" 2>/dev/null || need libpython3-stdlib
	python3 -m pip --version >/dev/null 2>&1 || need python3-pip
	need_command openssl openssl
	need_command curl curl
	need_command dnsmasq dnsmasq-base
	need_file /usr/include/openssl/evp.h libssl-dev
	need_file /usr/include/sqlite3.h libsqlite3-dev
	need_file /usr/include/jansson.h libjansson-dev
	need_file /usr/include/ncurses.h libncurses-dev
	need_command tmux tmux
	need_file /usr/include/mimalloc.h libmimalloc-dev
	[ -n "${SSL_CERT_FILE:-}" ] ||
		need_file /etc/ssl/certs/ca-certificates.crt ca-certificates
	"$top/tools/find-cargo.sh" >/dev/null || need "rustc-web cargo-web"
	for extra in $extras; do
		case $extra in
		lint)
			need_command clang-format-19 clang-format-19
			need_command clang-tidy-19 clang-tidy-19
			need_command shellcheck shellcheck
			need_command mandoc mandoc
			;;
		sanitizers)
			set -- /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan-*.a
			need_file "$1" libclang-rt-19-dev
			need_command llvm-symbolizer-19 llvm-19
			;;
		fuzz)
			set -- /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a
			need_file "$1" libclang-rt-19-dev
			need_file /usr/include/msgpack.h libmsgpack-dev
			;;
		dist)
			need_command dpkg-deb dpkg
			need_command dpkg-source dpkg-dev
			need_file /usr/share/keyrings/debian-archive-keyring.gpg \
				debian-archive-keyring
			;;
		cross)
			need_command aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
			need_file /usr/aarch64-linux-gnu/include/stdio.h \
				libc6-dev-arm64-cross
			;;
		machine)
			need_command qemu-system-aarch64 qemu-system-arm
			need_command cpio cpio
			need_command xz xz-utils
			;;
		bench)
			optional=
			have erl || optional="$optional erlang-base"
			set -- /usr/lib/erlang/lib/ssl-*
			[ -e "$1" ] || optional="$optional erlang-ssl"
			have go || optional="$optional golang-go"
			have wrk || optional="$optional wrk"
			;;
		esac
	done
}

# How to become root for one command; fails when that needs a person.
become_root() {
	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif have sudo && sudo -n true 2>/dev/null; then
		as_root="sudo -n"
	else
		return 1
	fi
}

# A line now and then of what apt-get says, and its errors.
progress() {
	fetched=0
	installed=0
	while IFS= read -r line; do
		case $line in
		Get:*)
			fetched=$((fetched + 1))
			[ $((fetched % 25)) -ne 0 ] || say "fetched $fetched files"
			;;
		"Setting up "*)
			installed=$((installed + 1))
			[ $((installed % 25)) -ne 0 ] ||
				say "installed $installed packages"
			;;
		"E: "*) say "$line" ;;
		esac
	done
}

# apt ARGUMENTS: apt-get, its whole output in $log.
apt() {
	rm -f "$work/failed"
	{
		$as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get \
			-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
			</dev/null 2>&1 || touch "$work/failed"
	} | tee -a "$log" | progress
	[ ! -e "$work/failed" ]
}

# Nothing that is installed is removed for it, say a rustc that rustc-web
# would replace: that is for the machine's owner to decide.
install() {
	apt install -y --no-install-recommends --no-remove "$@"
}

extras=
while [ $# -gt 0 ]; do
	case "$1 ${2:-}" in
	"--with lint" | "--with sanitizers" | "--with fuzz" | "--with bench" | \
		"--with dist" | "--with cross" | "--with machine")
		extras="$extras $2"
		shift 2
		;;
	*)
		sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
done

look
[ -n "$missing$optional" ] || exit 0

if ! have apt-get; then
	[ -n "$missing" ] || exit 0
	say "this machine lacks what these Debian 12 packages hold:"
	say "  $missing"
	fail "install their equivalents (cmake $cmake_version, cargo $cargo_version or newer) and run this again"
fi
if ! become_root; then
	if [ -z "$missing" ]; then
		say "some benchmarks are left out without$optional"
		exit 0
	fi
	say "packages are missing and only root can install them; run:"
	echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-bootstrap.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log
start=$(date +%s)

say "installing$missing$optional"
apt update || say "not all package lists could be brought up to date"
if [ -n "$missing" ]; then
	# shellcheck disable=SC2086
	install $missing || {
		tail -n 20 "$log" >&2
		say "apt-get could not do it; what it would take:"
		fail "apt-get install --no-install-recommends$missing"
	}
fi
for package in $wanted; do
	install "$package" || say "left out: $package"
done
for package in $optional; do
	install "$package" ||
		say "some benchmarks are left out: $package could not be installed"
done
hash -r
look
case $missing in
"") ;;
*rustc-web*)
	fail "Debian's cargo is older than $cargo_version here (it comes with the archive bookworm-security); install a newer one with rustup" ;;
*)
	fail "still missing after the installation:$missing" ;;
esac
say "done in $(($(date +%s) - start)) s"
