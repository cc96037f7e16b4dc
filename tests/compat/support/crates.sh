# Sourced after cli.sh by tests of crates for lunatic 0.13, with $built set to
# the folder that rust_0_13/build.sh made: runs examples and tests of packages.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them

# Panics print what the tests compare, and are slow with more.
unset RUST_BACKTRACE

# in_package PACKAGE COMMAND...: in its folder, as cargo runs it.
in_package() {
	local package=$1
	shift
	cd "$built/crates/$package" || return
	"$@"
	cd "$work" || return
}

# example PACKAGE NAME [ARGUMENT...]: it must end well.
example() {
	local package=$1 name=$2
	shift 2
	in_package "$package" run run --dir . \
		"$built/examples/$package/$name.wasm" "$@"
	expect 0 "$name"
}

# prints TEXT WHAT: that must be all of the last run's standard output.
prints() {
	[ "$(cat "$work/out")" = "$1" ] || bad "$2: another output"
}

# tests_of PACKAGE NAME COUNT [IGNORED]: a file of tests, all of which pass.
# Some wait for other processes by sleeping 10 ms, which is not enough on a
# machine that is busy: they get twelve tries, those of the crate lunatic with
# one test at a time. Those of nightfly need each other's servers.
tests_of() {
	local package=$1 name=$2 file try options= memory=
	local line="test result: ok. $3 passed; 0 failed; ${4:-0} ignored;"
	file=$(sed -n "s/^$name //p" "$built/tests.txt")
	for try in $(seq 12); do
		status=0
		# shellcheck disable=SC2086
		(cd "$built/crates/$package" &&
			CARGO_MANIFEST_DIR=$PWD timeout -k 5 120 "$lunatic" run \
				$memory "$built/$file" $options) \
			>out 2>err </dev/null || status=$?
		if grep -q "^$line" out && [ "$status" -eq 0 ]; then
			return
		fi
		echo "$package, $name: try $try failed"
		# The first processes of a module take longer in the fast tier.
		memory="--memory-strategy slab"
		[ "$package" != lunatic ] || options=--test-threads=1
	done
	bad "$package, $name: exit status $status, or not \"$line\""
}

# serve PACKAGE NAME PORT [OPTION...]: starts a server; its output is in the
# file `log`. Returns when it listens.
serve() {
	local package=$1 name=$2 port=$3
	shift 3
	cd "$built/crates/$package" || return
	"$lunatic" run --dir . "$@" "$built/examples/$package/$name.wasm" \
		>"$work/log" 2>&1 </dev/null &
	server=$!
	cd "$work" || return
	for _ in $(seq 200); do
		if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			return
		fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	bad "$name: does not listen: $(head -c 500 log)"
}

stop_serving() {
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
}
