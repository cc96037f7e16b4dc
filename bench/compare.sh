#!/bin/sh
# Compares lunatic with Erlang, Go, lunatic 0.13.2 and wasmtime on the same work
# in one run, and puts the table into docs/comparison.md.
#
#   bench/compare.sh [--write] [--passes N] LUNATIC [BUILD_DIR]
#
#   --write       put the table into docs/comparison.md, too
#   --passes N    turns of each system, 3 if not said
#   BUILD_DIR     where guests and peers are built (default: bench beside
#                 LUNATIC)
#
# What is not installed is left out, with a line that says how to get it:
#
#   LUNATIC_ORIGINAL     the binary of lunatic 0.13.2:
#                        cargo install lunatic-runtime --version 0.13.2
#   COMPARE_COMPONENT    a component of wasi:http/proxy that answers /hello, for
#                        wasmtime serve, and lunatic serve where that is
#   erl, go, wrk, wasmtime are looked for in the PATH
#
# RUSM is not there: what crates.io has under that name is another project.
#
# Guests and peers are those of bench/run.sh: each times itself, and prints lines
# "SERIES NANOSECONDS". All systems take turns, so that what else goes on in the
# machine hits all.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
# shellcheck disable=SC2034 # common.sh reads it
page=$top/docs/comparison.md

usage() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

write=
passes=3
while [ $# -gt 0 ]; do
	case $1 in
	--write) write=yes ;;
	--passes)
		[ $# -ge 2 ] || usage
		passes=$2
		shift
		;;
	-*) usage ;;
	*) break ;;
	esac
	shift
done
{ [ $# -eq 1 ] || [ $# -eq 2 ]; } || usage
lunatic=$(realpath "$1")
build=${2:-$(dirname "$lunatic")/bench}
mkdir -p "$build"
build=$(cd "$build" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-compare.XXXXXX")
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: >"$work/samples"
failed=
LUNATIC_CACHE_DIR=$work/cache
XDG_STATE_HOME=$work/state
export LUNATIC_CACHE_DIR XDG_STATE_HOME
mkdir -m 700 "$LUNATIC_CACHE_DIR"

say() { echo "compare: $*" >&2; }
bytes=
port=
. "$here/common.sh"

# have SYSTEM COMMAND HOW: whether it is there; else a line that says how to get
# it.
have() {
	if command -v "$2" >/dev/null 2>&1; then
		return 0
	fi
	say "$1 is left out: $3"
	return 1
}
erlang=
go=
wrk=
wasmtime=
have Erlang erl "apt-get install erlang-base" && erlang=yes
have Go go "apt-get install golang-go, or https://go.dev/dl" && go=yes
have HTTP wrk "apt-get install wrk" && wrk=yes
have wasmtime wasmtime "cargo install wasmtime-cli --locked" && wasmtime=yes
original=${LUNATIC_ORIGINAL:-}
if ! "${original:-false}" --version >/dev/null 2>&1; then
	original=
	say "lunatic 0.13.2 is left out: cargo install lunatic-runtime" \
		"--version 0.13.2, and LUNATIC_ORIGINAL=FILE"
fi
component=${COMPARE_COMPONENT:-}
[ -n "$component" ] ||
	say "components that serve HTTP are left out: COMPARE_COMPONENT=FILE"

build_all() {
	for name in ping_pong ring fan_in spawn idle; do
		guest_cc -Wl,-z,stack-size=65536 "$here/guest/$name.c" \
			-o "$build/$name.wasm"
		[ "$name" != idle ] || continue
		guest_cc -DGENERATION_13 -Wl,-z,stack-size=65536 \
			"$here/guest/$name.c" -o "$build/$name-13.wasm"
	done
	guest_cc -Wl,-z,stack-size=65536 "$here/guest/v13/data.c" \
		-o "$build/hold-13.wasm"
	guest_cc -msimd128 "$here"/compute/*.c -o "$build/compute.wasm"
	guest_cc "$top"/examples/http/*.c \
		"$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a" \
		-o "$build/http.wasm"
	[ -z "$erlang" ] || erlc -o "$build" "$here"/erlang/*.erl
	for name in ${go:+actors http}; do
		GO111MODULE=off GOCACHE=$build/go-cache \
			go build -o "$build/$name-go" "$here/go/$name.go"
	done
}

# messages GUEST PEER WORKERS: one piece of work by all, on so many processors.
messages() {
	cpus=0-$(($3 - 1))
	run lunatic "-$3" taskset -c "$cpus" \
		"$lunatic" --workers "$3" "$build/$1.wasm"
	[ -z "$original" ] || {
		run same "-$3" taskset -c "$cpus" \
			"$lunatic" --workers "$3" "$build/$1-13.wasm"
		run original "-$3" taskset -c "$cpus" \
			"$original" run "$build/$1-13.wasm"
	}
	[ -z "$erlang" ] || run erlang "-$3" taskset -c "$cpus" \
		erl -noshell +S "$3:$3" -pa "$build" -s "$2" main
	[ -z "$go" ] || run go "-$3" taskset -c "$cpus" \
		env GOMAXPROCS="$3" "$build/actors-go" "$1"
}

compute() {
	run lunatic "" "$lunatic" --workers 1 "$build/compute.wasm"
	[ -z "$original" ] ||
		run original "" "$original" run "$build/compute.wasm"
	[ -z "$erlang" ] || run erlang "" \
		erl -noshell +S 1:1 -pa "$build" -s fib main
	[ -z "$go" ] || run go "" "$build/actors-go" fib
	[ -z "$wasmtime" ] ||
		run wasmtime "" wasmtime run "$build/compute.wasm"
}

# memory SYSTEM SERIES COUNT MORE COMMAND...: what one of so many takes.
memory() {
	system=$1
	series=$2
	count=$3
	more=$4
	shift 4
	resident "0$more" "$@"
	none=$bytes
	resident "$count$more" "$@"
	if [ -n "$none" ] && [ -n "$bytes" ]; then
		echo "$series $system $(((bytes - none) / count))" \
			>>"$work/samples"
	else
		say "failed: $*"
		head -n 5 "$work/err" >&2
		failed=yes
	fi
}

idle() {
	memory lunatic idle 100000 "" "$lunatic" "$build/idle.wasm"
	[ -z "$erlang" ] || memory erlang idle 100000 "" \
		erl -noshell +P 1000000 -pa "$build" -s idle main
	[ -z "$go" ] || memory go idle 100000 "" "$build/actors-go" idle
	[ -z "$original" ] || {
		memory same hold 2000 " 0" "$lunatic" "$build/hold-13.wasm"
		memory original hold 2000 " 0" \
			"$original" run "$build/hold-13.wasm"
	}
}

# load SERIES SYSTEM PORT: 64 connections for three seconds.
load() {
	SERIES=$1 timeout --foreground -k 5 60 wrk -t 1 -c 64 -d 3s \
		-s "$here/wrk.lua" "http://127.0.0.1:$3/hello" \
		>"$work/wrk" 2>"$work/err" || true
	if grep "^$1" "$work/wrk" >"$work/out"; then
		awk -v by="$2" '{ print $1, by, $2 }' "$work/out" \
			>>"$work/samples"
	else
		say "failed: wrk on $2"
		failed=yes
	fi
}

# serve SYSTEM COMMAND...: a server that prints its port, last in a line.
serve() {
	system=$1
	shift
	server "$@"
	load http "$system" "$port"
	stop_server
}

# component SYSTEM COMMAND...: the command gets 127.0.0.1 and a free port.
component() {
	system=$1
	shift
	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	"$@" "127.0.0.1:$port" "$component" </dev/null >"$work/err" 2>&1 &
	running=$!
	for _ in $(seq 100); do
		! curl -s -o "$work/hello" "http://127.0.0.1:$port/hello" ||
			break
		sleep 0.1
	done
	load proxy "$system" "$port"
	stop_server
}

http() {
	[ -n "$wrk" ] || return 0
	serve lunatic "$lunatic" "$build/http.wasm" 127.0.0.1:0
	[ -z "$go" ] || serve go "$build/http-go"
	[ -z "$erlang" ] ||
		serve erlang erl -noshell -pa "$build" -s http_server main
	[ -n "$component" ] || return 0
	! "$lunatic" serve --help >/dev/null 2>&1 ||
		component lunatic "$lunatic" serve --listen
	[ -z "$wasmtime" ] ||
		component wasmtime wasmtime serve -S cli --addr
}

# What the rows are made of: SERIES|UNIT|NAME|CONDITIONS.
rows() {
	cat <<'EOS'
pingpong-1|ns|Message between two processes, one way|1 processor, 400,000 messages of 8 bytes, one at a time
pingpong-2|ns|The same|2 processors
ring-2|ns|Message around a ring, one hop|2 processors, 1,000 processes, one message of 8 bytes, 500,000 hops
fanin-2|ns|Message from one of many senders|2 processors, 100 senders of 2,000 messages each to one
spawn-2|ns|Spawn, message back, end|2 processors, 20,000 processes, one after the other
spawn4-2|ns|The same by four at once|2 processors, 20,000 processes
idle|KiB|Memory of a process that waits|one of 100,000, resident and page tables, before lunatic folds it
hold|KiB|The same, by host functions of 0.13|one of 2,000
fib|ms|fib(32)|1 processor, recursive
http|k/s|HTTP hello, requests|64 connections, wrk and server on the same processors, a process for each connection in lunatic and Erlang
http-50|ms|Answer, p50|the same
http-99|ms|Answer, p99|the same
proxy|k/s|Component of wasi:http, requests|64 connections, an instance for each request
proxy-99|ms|Answer, p99|the same
EOS
}

# The table, aligned.
table() {
	rows >"$work/rows"
	sort -k 1,1 -k 2,2 -k 3,3n "$work/samples" | awk -F '[| ]' \
		-v original="$original" -v erlang="$erlang" -v go="$go" \
		-v wasmtime="$wasmtime" '
		function add(name, title) { by[++columns] = name; head[columns] = title }
		function median(series, name, n) {
			n = count[series, name]
			return n == 0 ? "" : value[series, name, int((n + 1) / 2)]
		}
		function text(x, unit) {
			if (unit == "k/s") x = 1000000 / x
			if (unit == "ms") x /= 1000000
			if (unit == "KiB") x /= 1024
			return sprintf(x < 10 ? "%.2f %s" : x < 100 ? "%.1f %s" : "%.0f %s", x, unit)
		}
		# The time of another one by that of lunatic, on the same guest.
		function times(series, name, mine, other) {
			mine = median(series, name == "original" ? "same" : "lunatic")
			if (mine == "") mine = median(series, "lunatic")
			other = median(series, name)
			return mine == "" || name == "lunatic" || name == "same" ? "" : \
				sprintf(" (%.2f)", other / mine)
		}
		BEGIN {
			add("lunatic", "lunatic")
			if (original != "") {
				add("same", "lunatic, guest of 0.13")
				add("original", "lunatic 0.13.2, the same guest")
			}
			if (erlang != "") add("erlang", "Erlang")
			if (go != "") add("go", "Go")
			if (wasmtime != "") add("wasmtime", "wasmtime")
			line = "| work | conditions |"
			rule = "|---|---|"
			for (i = 1; i <= columns; i++) {
				line = line " " head[i] " |"
				rule = rule "---|"
			}
			print line "\n" rule
		}
		FILENAME == "-" { value[$1, $2, ++count[$1, $2]] = $3; any[$1] = 1; next }
		{
			split($0, row, "|")
			if (!any[row[1]]) next
			line = "| " row[3] " | " row[4] " |"
			for (i = 1; i <= columns; i++) {
				x = median(row[1], by[i])
				line = line " " (x == "" ? "-" : text(x, row[2]) times(row[1], by[i])) " |"
			}
			print line
		}' - "$work/rows"
}

machine() {
	awk -F ': *' '/^model name/ && !seen++ { model = $2 }
		/^processor/ { cores++ }
		END { printf "- machine: %s, %d processors", model, cores }' \
		/proc/cpuinfo
	awk '/^MemTotal/ { printf ", %.0f GiB", $2 / 1048576 }' /proc/meminfo
	echo ", Linux $(uname -r)"
	echo "- date: $(date -u +%Y-%m-%d); $passes turns of each system"
	echo "- load when the run began: $load, and when it ended:" \
		"$(cut -d ' ' -f 1 /proc/loadavg)"
	case $load in
	0.[0-4]*) ;;
	*)
		echo "- other programs ran meanwhile, so the figures are" \
			"worse than those of a quiet machine, and vary"
		;;
	esac
	echo "- lunatic: $("$lunatic" --version | head -n 1)"
	[ -z "$original" ] ||
		echo "- lunatic 0.13.2: $("$original" --version | head -n 1)"
	# shellcheck disable=SC2016 # Erlang's own $
	[ -z "$erlang" ] || erl -noshell -eval 'io:format("- Erlang/OTP ~s~n",
		[erlang:system_info(otp_release)]), halt().'
	[ -z "$go" ] || echo "- Go: $(go version | cut -d ' ' -f 3)"
	[ -z "$wasmtime" ] || echo "- wasmtime: $(wasmtime --version)"
	[ -n "$original" ] || echo "- lunatic 0.13.2 was not installed"
	[ -n "$erlang" ] || echo "- Erlang was not installed"
	[ -n "$go" ] || echo "- Go was not installed"
	[ -n "$wasmtime" ] || echo "- wasmtime was not installed"
}

load=$(cut -d ' ' -f 1 /proc/loadavg)
build_all
for pass in $(seq "$passes"); do
	say "turn $pass of $passes"
	messages ping_pong ping_pong 1
	messages ping_pong ping_pong 2
	messages ring ring 2
	messages fan_in fan_in 2
	messages spawn spawner 2
	compute
	idle
	http
done
{
	table
	echo
	machine
} >"$work/table"
cat "$work/table"
[ -z "$failed" ] || exit 1
[ -z "$write" ] || write_page "$work/table"
