#!/bin/sh
# Measures lunatic with guests, and what it is compared with in the same run:
# Erlang for processes and messages, Go for servers, native C for computing, and
# the original for guests of lunatic 0.13, where LUNATIC_ORIGINAL names its
# binary. LUNATIC_PYTHON may name a CPython for WASI, whose library is in it.
#
#   bench/run.sh [--only GROUP] [--write] LUNATIC [BUILD_DIR]
#
#   --only GROUP   only these rows: ping_pong, ring, fan_in, selective, spawn,
#                  spawn_end, idle, folded, host_call, library, registry,
#                  cluster, environments, remote, nats, latency, sandbox,
#                  sqlite, start, echo, tls, http, submillisecond, data,
#                  upgrade, compute, engines, serve or components
#   --write        also put the tables into docs/benchmarks.md; not with --only
#   BUILD_DIR      where to build guests and peers (default: bench beside
#                  LUNATIC)
#
# A guest, or its peer in Erlang or C, times itself and prints its samples as
# lines "SERIES NANOSECONDS". Lunatic and peer run in turns, so that what else
# goes on in the machine hits both. rows.txt says which samples make which row;
# docs/benchmarks.md says how each figure is taken.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
page=$top/docs/benchmarks.md
groups=$(awk -F "[|]" '!/^#/ && !seen[$1]++ { print $1 }' "$here/rows.txt" |
	tr "\n" " ")
passes="1 2 3"
# Guests that are built for the host functions of each generation.
generations="ping_pong ring fan_in spawn"

usage() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

only=
write=
while [ $# -gt 0 ]; do
	case $1 in
	--only)
		[ $# -ge 2 ] || usage
		only="$only $2"
		shift 2
		;;
	--write)
		write=yes
		shift
		;;
	-*) usage ;;
	*) break ;;
	esac
done
{ [ $# -eq 1 ] || [ $# -eq 2 ]; } || usage
# Half a table on the page would pass for the whole.
[ -z "$only" ] || [ -z "$write" ] || usage
for group in $only; do
	case " $groups " in
	*" $group "*) ;;
	*) usage ;;
	esac
done
lunatic=$1
build=${2:-$(dirname "$lunatic")/bench}
mkdir -p "$build"
build=$(cd "$build" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-bench.XXXXXX")
running=
broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null; rm -rf "$work"' EXIT
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; exit 130' INT TERM
: >"$work/samples"
failed=

# Compiled code is kept for this run only.
LUNATIC_CACHE_DIR=$work/cache
XDG_STATE_HOME=$work/state
export LUNATIC_CACHE_DIR XDG_STATE_HOME
mkdir -m 700 "$LUNATIC_CACHE_DIR"

say() { echo "bench: $*" >&2; }
port=
tables=
. "$here/common.sh"

erlang=yes
if ! command -v erl >/dev/null 2>&1 || ! command -v erlc >/dev/null 2>&1; then
	erlang=
fi

# Its nodes need a package of their own to speak TLS.
tls=$erlang
[ -z "$erlang" ] ||
	erl -noshell -eval 'ok = ssl:start(), halt(0).' >/dev/null 2>&1 ||
	tls=

go=yes
command -v go >/dev/null 2>&1 || go=

wrk=yes
command -v wrk >/dev/null 2>&1 || wrk=

original=${LUNATIC_ORIGINAL:-}
if [ -n "$original" ] && ! "$original" --version >/dev/null 2>&1; then
	say "the original is left out: $original does not run"
	original=
fi

build_all() {
	guest_library=$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a
	for source in "$here"/guest/*.c; do
		name=$(basename "$source" .c)
		# A small guest's C stack: it shares a page with the data.
		stack=65536
		case $name in
		idle | echo_server) stack=2048 ;;
		esac
		library=
		! grep -q '^#include <lunatic\.h>' "$source" ||
			library=$guest_library
		# shellcheck disable=SC2086
		guest_cc -Wl,-z,stack-size="$stack" "$source" $library \
			-o "$build/$name.wasm"
	done
	for name in $generations; do
		guest_cc -DGENERATION_13 -Wl,-z,stack-size=65536 \
			"$here/guest/$name.c" -o "$build/$name-13.wasm"
	done
	for source in "$here"/guest/v13/*.c; do
		guest_cc -Wl,-z,stack-size=65536 "$source" \
			-o "$build/$(basename "$source" .c).wasm"
	done
	build_data
	build_engines
	guest_cc "$top/examples/hello.c" -o "$build/hello.wasm"
	guest_cc "$top"/examples/http/*.c "$guest_library" \
		-o "$build/http.wasm"
	guest_cc -msimd128 "$here"/compute/*.c -o "$build/compute.wasm"
	native="-std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra"
	# shellcheck disable=SC2086
	{
		gcc $native "$here"/compute/*.c -o "$build/compute-gcc"
		clang-19 $native "$here"/compute/*.c -o "$build/compute-clang"
		gcc $native "$here/native/wall.c" -o "$build/wall"
		gcc $native "$here/native/echo_load.c" -o "$build/echo_load"
		gcc $native "$here/native/tls_load.c" -lssl -lcrypto \
			-o "$build/tls_load"
		gcc $native "$here/native/sqlite.c" -lsqlite3 \
			-o "$build/sqlite-native"
	}
	if [ -n "$erlang" ]; then
		erlc -o "$build" "$here"/erlang/*.erl
	fi
	if [ -n "$go" ]; then
		GO111MODULE=off GOCACHE=$build/go-cache \
			go build -o "$build/echo-go" "$here/go/echo.go"
		GO111MODULE=off GOCACHE=$build/go-cache \
			go build -o "$build/http-go" "$here/go/http.go"
		GO111MODULE=off GOCACHE=$build/go-cache \
			go build -o "$build/tls-echo-go" "$here/go/tls_echo.go"
	fi
}

# guest NAME WORKERS [SUFFIX] and peer MODULE SCHEDULERS [SUFFIX]
guest() {
	run lunatic "${3:-}" "$lunatic" --workers "$2" "$build/$1.wasm"
}
peer() {
	[ -z "$erlang" ] ||
		run erlang "${3:-}" \
			erl -noshell +S "$2:$2" -pa "$build" -s "$1" main
}

# both GUEST PEER WORKERS [SUFFIX]: in turns.
both() {
	for _ in $passes; do
		guest "$1" "$3" "${4:-}"
		peer "$2" "$3" "${4:-}"
	done
}

# by_each SUFFIX FILE OTHER: for each series, the least of the samples in OTHER
# by that of those in FILE: what the code costs, without what else ran.
by_each() {
	awk -v suffix="$1" '
		!((FILENAME, $1) in least) || $2 < least[FILENAME, $1] {
			least[FILENAME, $1] = $2
			of[$1]
		}
		END { for (s in of)
			if (least[ARGV[1], s] > 0 && least[ARGV[2], s] > 0)
				printf "%s%s lunatic %.3f\n", s, suffix,
					least[ARGV[2], s] / \
						least[ARGV[1], s] }' \
		"$2" "$3" >>"$work/samples"
}

# generation GUEST WORKERS [SUFFIX]: what the guest takes with host functions of
# 0.13, by what it takes with those of 0.7, in turns. More of these than of
# others: the ratio is of two small numbers.
generation() {
	for _ in $passes $passes $passes; do
		guest "$1" "$2" "${3:-}"
		cp "$work/out" "$work/out-7"
		guest "$1-13" "$2" "-13${3:-}"
		by_each "-by${3:-}" "$work/out-7" "$work/out"
	done
}

bench_ping_pong() {
	both ping_pong ping_pong 1 -1
	both ping_pong ping_pong 2 -2
	generation ping_pong 1 -1
}

bench_ring() {
	both ring ring 1 -1
	both ring ring 2 -2
	generation ring 1 -1
}

bench_fan_in() {
	both fan_in fan_in 2 -2
	# Two workers contend for the mailbox, now more, now less.
	generation fan_in 1 -1
}

bench_selective() { both selective selective 1 -1; }
bench_spawn() {
	both spawn spawner 2 -2
	generation spawn 2 -2
}

bench_spawn_end() {
	for _ in $passes; do
		guest spawn_end 2
		[ -n "$original" ] || continue
		cp "$work/out" "$work/out-here"
		run lunatic -original "$original" run "$build/spawn_end.wasm"
		by_each -by "$work/out-here" "$work/out"
	done
}

bench_registry() { both registry lookup 1; }
bench_cluster() {
	XDG_CONFIG_HOME=$work/config "$lunatic" --workers 1 \
		--node 127.0.0.1:0 --node-name there "$build/cluster.wasm" \
		hold </dev/null >/dev/null 2>"$work/err" &
	running=$!
	if said "$work/err" "node there at"; then
		address=$(sed -n 's/.*node there at \([^ ,]*\).*/\1/p' \
			"$work/err")
		for _ in $passes; do
			XDG_CONFIG_HOME=$work/config run lunatic "" \
				"$lunatic" --workers 1 --node 127.0.0.1:0 \
				--node-name here --peer "$address" \
				"$build/cluster.wasm"
		done
	else
		fail "a node"
	fi
	stop_server
}
bench_environments() {
	for _ in $passes; do
		guest environments 2
	done
}
bench_latency() { both latency latency 2; }

bench_sandbox() {
	for _ in $passes; do
		guest sandbox 2
	done
}

# The guest compares with itself.
bench_library() {
	for _ in $passes; do
		guest library 1
	done
}

# Beside rows of their own, as few others have a native figure.
bench_sqlite() {
	for _ in $passes; do
		guest sqlite 2
		run lunatic -native "$build/sqlite-native"
	done
}

bench_host_call() {
	for _ in $passes; do
		guest host_call 1
	done
}

# idle_of SYSTEM COMMAND...: the difference that 100,000 processes make.
idle_of() {
	system=$1
	shift
	resident 0 "$@"
	none=$bytes
	none_tables=$tables
	resident 100000 "$@"
	if [ -n "$none" ] && [ -n "$bytes" ]; then
		echo "idle $system $(((bytes - none) / 100000))
idle-tables $system $(((tables - none_tables) / 100000))" \
			>>"$work/samples"
	else
		fail "$*"
	fi
}

# said FILE PATTERN: waits for the program that is running to write such a line
# there.
said() {
	for _ in $(seq 300); do
		! grep -q "$2" "$1" || return 0
		kill -0 "$running" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# remote_ratio SYSTEM: what p99 is by p50, of this turn.
remote_ratio() {
	awk '$1 == "remoteload" { print $2 }' "$work/out" | sort -n |
		awk -v by="$1" '{ v[NR] = $1 }
			END { if (NR)
				printf "remoteratio %s %.3f\n", by,
					v[int((NR * 99 + 99) / 100)] / \
						v[int((NR + 1) / 2)] }' \
			>>"$work/samples"
}

# remote_lunatic [SUFFIX [URL]]: two nodes, over the NATS server at URL if there
# is one.
remote_lunatic() {
	where="--node 127.0.0.1:0"
	[ -z "${2:-}" ] || where="--fabric $2"
	# shellcheck disable=SC2086 # two words
	XDG_CONFIG_HOME=$work/config "$lunatic" --workers 1 $where \
		--node-name there --no-entry \
		</dev/null >/dev/null 2>"$work/err" &
	running=$!
	if said "$work/err" "node there at"; then
		address=$(sed -n 's/.*node there at \([^ ,]*\).*/\1/p' \
			"$work/err")
		[ -n "${2:-}" ] || where="$where --peer $address"
		# shellcheck disable=SC2086 # several words
		XDG_CONFIG_HOME=$work/config run lunatic "${1:-}" \
			"$lunatic" --workers 1 $where --node-name here \
			"$build/remote.wasm" there
	else
		fail "a node"
	fi
	stop_server
}

# turn_median SERIES: of the program that ran last.
turn_median() {
	awk -v series="$1" '$1 == series { print $2 }' "$work/out" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# Nodes that reach each other through a NATS server, and, in turns, without.
bench_nats() {
	if ! command -v nats-server >/dev/null 2>&1; then
		say "NATS is left out: nats-server is not installed"
		return
	fi
	nats-server -a 127.0.0.1 -p -1 </dev/null >"$work/nats" 2>&1 &
	broker=$!
	running=$broker
	said "$work/nats" "Server is ready" || fail "nats-server"
	url=nats://127.0.0.1:$(sed -n \
		's/.*Listening for client connections on .*:\([0-9]*\)$/\1/p' \
		"$work/nats")
	for _ in $passes; do
		remote_lunatic -mesh
		mesh=$(turn_median remotetrip)
		remote_lunatic -nats "$url"
		nats=$(turn_median remotetrip)
		[ -z "$mesh" ] || [ -z "$nats" ] || awk -v a="$nats" -v b="$mesh" \
			'BEGIN { printf "remotetrip-by lunatic %.3f\n", a / b }' \
			>>"$work/samples"
	done
	kill "$broker" 2>/dev/null || true
	wait "$broker" 2>/dev/null || true
	broker=
	running=
}

# What both nodes of Erlang are told: TLS 1.3 with certificates on both sides,
# one scheduler, and no daemon that would outlive them.
remote_prepare() {
	"$lunatic" cluster-ca init "$work/ca" >/dev/null
	"$lunatic" cluster-ca node "$work/ca" localhost >/dev/null
	options="{certfile, \"$work/ca/localhost.pem\"},
		{keyfile, \"$work/ca/localhost.key\"},
		{cacertfile, \"$work/ca/ca.pem\"},
		{verify, verify_peer}, {versions, ['tlsv1.3']}"
	echo "[{server, [$options, {fail_if_no_peer_cert, true}]},
		{client, [$options, {server_name_indication, disable}]}]." \
		>"$work/tls.conf"
	# Nothing tells a port that the system has chosen.
	cat >"$work/node" <<-END
		#!/bin/sh
		name=\$1
		shift
		exec erl -noshell +S 1:1 -pa "$build" -proto_dist inet_tls \
			-ssl_dist_optfile "$work/tls.conf" -start_epmd false \
			-erl_epmd_port $((20000 + $$ % 10000)) \
			-sname "\$name@localhost" -setcookie bench \
			-kernel inet_dist_use_interface '{127,0,0,1}' "\$@"
	END
}

remote_erlang() {
	sh "$work/node" there -eval 'io:put_chars("ready\n").' </dev/null \
		>"$work/ready" 2>"$work/err" &
	running=$!
	if said "$work/ready" ready; then
		run erlang "" sh "$work/node" here -dist_listen false \
			-s remote main -extra there@localhost
		remote_ratio erlang
	else
		fail "a node of Erlang"
	fi
	stop_server
}

bench_remote() {
	[ -z "$tls" ] || remote_prepare
	[ -n "$tls" ] || [ -z "$erlang" ] ||
		say "nodes of Erlang are left out: it has no ssl"
	for _ in $passes; do
		remote_lunatic
		remote_ratio lunatic
		[ -z "$tls" ] || remote_erlang
	done
}

bench_idle() {
	idle_of lunatic "$lunatic" "$build/idle.wasm"
	[ -z "$erlang" ] || idle_of erlang erl -noshell -pa "$build" -s idle main
}

bench_folded() {
	"$here/folded.sh" "$lunatic" "$build/idle.wasm" folded 100000 \
		>>"$work/samples" || fail "folded.sh idle.wasm"
	status=0
	"$here/rust/build.sh" folded "$build/cargo" "$build/folded.wasm" \
		2>"$work/err" || status=$?
	if [ $status -eq 77 ]; then
		say "$(cat "$work/err")"
		return
	fi
	"$here/folded.sh" "$lunatic" "$build/folded.wasm" foldedrust 100000 \
		>>"$work/samples" || fail "folded.sh folded.wasm"
}

# held COUNT: sets `bytes` to what the server has resident with that many idle
# connections, or to nothing when that fails.
held() {
	rm -f "$work/hold" "$work/ready"
	mkfifo "$work/hold" "$work/ready"
	"$build/echo_load" "$port" "$1" 0 <"$work/hold" >"$work/ready" \
		2>"$work/err" &
	load_pid=$!
	exec 7>"$work/hold"
	line=$(timeout --foreground 60 head -n 1 "$work/ready") || line=
	bytes=
	[ "$line" != ready ] || bytes=$(memory_of "$running" "RSS|PTE")
	exec 7>&-
	wait "$load_pid" || bytes=
}

# echo_of SYSTEM COMMAND...: round trips, and what a connection holds.
echo_of() {
	system=$1
	shift
	server "$@"
	held 1
	none=$bytes
	run "$system" "" "$build/echo_load" "$port" 1000 5
	stop_server
	server "$@"
	held 10000
	stop_server
	if [ -n "$none" ] && [ -n "$bytes" ]; then
		echo "connection $system $(((bytes - none) / 10000))" \
			>>"$work/samples"
	else
		fail "$*"
	fi
}

bench_echo() {
	for _ in $passes; do
		echo_of lunatic "$lunatic" "$build/echo_server.wasm"
		[ -z "$go" ] || echo_of go "$build/echo-go"
		[ -z "$erlang" ] || echo_of erlang \
			erl -noshell -pa "$build" -s echo_server main
	done
}

# tls_of SYSTEM COMMAND...: round trips.
tls_of() {
	system=$1
	shift
	server "$@" "$work/tls.pem" "$work/tls.key"
	run "$system" "" "$build/tls_load" "$port" 64 5 "$work/tls.pem"
	stop_server
}

bench_tls() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-days 2 -keyout "$work/tls.key" -out "$work/tls.pem" \
		2>/dev/null
	for _ in $passes; do
		tls_of lunatic "$lunatic" --dir "$work" \
			"$build/tls_echo.wasm"
		[ -z "$go" ] || tls_of go "$build/tls-echo-go"
	done
}

# wrk_of SERIES CONNECTIONS SYSTEM SUFFIX COMMAND...: requests for /hello.
wrk_of() {
	series=$1-$2
	connections=$2
	system=$3
	suffix=$4
	shift 4
	server "$@"
	SERIES=$series timeout --foreground -k 5 60 \
		wrk -t 1 -c "$connections" -d 5s -s "$here/wrk.lua" \
		"http://127.0.0.1:$port/hello" \
		>"$work/wrk" 2>"$work/err" || true
	stop_server
	grep "^$series" "$work/wrk" >"$work/out" ||
		fail "wrk on $connections connections: $*"
	keep "$system" "$suffix"
}

# http_of SYSTEM COMMAND...: hello on few and on many connections.
http_of() {
	by=$1
	shift
	for on in 64 1000; do
		wrk_of http "$on" "$by" "" "$@"
	done
}

bench_http() {
	if [ -z "$wrk" ]; then
		say "http is left out: wrk is not installed"
		return
	fi
	for _ in $passes; do
		http_of lunatic "$lunatic" "$build/http.wasm" 127.0.0.1:0
		[ -z "$go" ] || http_of go "$build/http-go"
		[ -z "$erlang" ] || http_of erlang \
			erl -noshell -pa "$build" -s http_server main
	done
}

bench_submillisecond() {
	if [ -z "$wrk" ]; then
		say "submillisecond is left out: wrk is not installed"
		return
	fi
	status=0
	"$here/rust/build.sh" submillisecond "$build/cargo" \
		"$build/submillisecond.wasm" 2>"$work/err" || status=$?
	if [ "$status" -eq 77 ]; then
		say "$(tail -n 1 "$work/err")"
		return
	elif [ "$status" -ne 0 ]; then
		fail "a build in Rust"
		return
	fi
	for _ in $passes; do
		wrk_of submillisecond 64 lunatic "" \
			"$lunatic" "$build/submillisecond.wasm"
		[ -z "$go" ] ||
			wrk_of submillisecond 64 go "" "$build/http-go"
		[ -z "$original" ] ||
			wrk_of submillisecond 64 lunatic -original \
				"$original" run "$build/submillisecond.wasm"
	done
}

. "$here/upgrade.sh"

bench_start() {
	for _ in 1 2 3 4 5; do
		rm -rf "$LUNATIC_CACHE_DIR"
		mkdir -m 700 "$LUNATIC_CACHE_DIR"
		run lunatic -cold "$build/wall" start 1 \
			"$lunatic" "$build/hello.wasm"
		run lunatic -warm "$build/wall" start 20 \
			"$lunatic" "$build/hello.wasm"
		[ -z "$erlang" ] ||
			run erlang -warm "$build/wall" start 1 \
				erl -noshell -pa "$build" -s hello main
	done
}

bench_compute() {
	for _ in $passes; do
		run gcc "" "$build/compute-gcc"
		run clang "" "$build/compute-clang"
		guest compute 1
		run guard "" "$lunatic" --workers 1 --memory-strategy guard \
			"$build/compute.wasm"
		peer fib 1
	done
}

# Memory strategies that data.sh has found.
known=
. "$here/data.sh"
. "$here/engines.sh"
. "$here/components.sh"

erlang_version() {
	# shellcheck disable=SC2016
	erl -noshell -eval 'io:put_chars(["Erlang/OTP ",
		erlang:system_info(otp_release), " (erts ",
		erlang:system_info(version), ")"]), halt().'
}

machine() {
	awk -F ': *' '/^model name/ && !seen++ { model = $2 }
		/^processor/ { cores++ }
		END { printf "- machine: %s, %d cores", model, cores }' \
		/proc/cpuinfo
	awk '/^MemTotal/ { printf ", %.0f GiB", $2 / 1048576 }' /proc/meminfo
	echo ", Linux $(uname -r)"
	echo "- date: $(date -u +%Y-%m-%d)"
	echo "- lunatic: $("$lunatic" --version | head -n 1)"
	if [ -n "$erlang" ]; then
		echo "- Erlang: $(erlang_version)"
	else
		echo "- Erlang: not installed, so its column is left out"
	fi
	if [ -n "$go" ]; then
		echo "- Go: $(go version | cut -d ' ' -f 3)"
	else
		echo "- Go: not installed, so its column is left out"
	fi
	[ -z "$original" ] ||
		echo "- the original: $("$original" --version | head -n 1)"
	! command -v wasmtime >/dev/null ||
		echo "- wasmtime: $(wasmtime --version)"
	echo "- C: $(gcc --version | head -n 1), $(clang-19 --version | head -n 1)"
	echo "- load when the run began: $load"
	echo "- others used $(others)% of the processors during the run"
}

tables() {
	sort -k 1,1 -k 2,2 -k 3,3n "$work/samples" |
		awk -v erlang="$erlang" -v go="$go" \
			-v original="$original" -v strategies="$known" -f "$here/table.awk" "$here/rows.txt" -
	machine
}

# The part of the page below the tables.
methods() {
	awk 'seen; /^<!-- tables end/ { seen = 1 }' "$page"
}

# ticks: what all processors did since the system began: all of it, and what
# was not idle, the hypervisor's share included.
ticks() {
	awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i
		print all, all - $5 - $6 }' /proc/stat
}

# used: hundredths of a second that this run has used so far, for `times`.
used() {
	tr "ms" "  " <"$work/times" |
		awk '{ sum += ($1 + $3) * 60 + $2 + $4 }
			END { printf "%.0f", sum * 100 }'
}

# Of the processors' time, the part that neither was idle nor this run's.
others() {
	{
		echo "$ticks_before"
		ticks
	} | awk -v used="$(used)" -v hertz="$(getconf CLK_TCK)" '
		{ all[NR] = $1; busy[NR] = $2 }
		END { part = (busy[2] - busy[1] - used * hertz / 100) / \
				(all[2] - all[1])
			printf "%.0f", (part > 0 ? part * 100 : 0) }'
}

ticks_before=$(ticks)
load=$(cut -d ' ' -f 1 /proc/loadavg)
case $load in
0.[0-4]*) ;;
*) say "the load is $load: what else runs here makes the figures worse" ;;
esac
build_all
for group in ${only:-$groups}; do
	say "$group"
	"bench_$group"
done
# Not in a subshell, which has children of its own.
times >"$work/times"
tables >"$work/tables"
cat "$work/tables"
methods
[ -z "$failed" ] || exit 1
[ -z "$write" ] || write_page "$work/tables"
