# shellcheck shell=sh disable=SC2154,SC2034
# What run.sh and compare.sh have in common. They set `top`, `page`, `work`, a
# folder, and `running`, the process to be ended if they are.

# guest_cc ARGUMENT...: a guest in C.
guest_cc() {
	clang-19 --target=wasm32-wasi -O2 -Wall -Wextra \
		-I "$top/sdk/c/include" "$@"
}

# keep SYSTEM SUFFIX: turns a program's output into samples.
keep() {
	awk -v by="$1" -v suffix="$2" '{ print $1 suffix, by, $2 }' \
		"$work/out" >>"$work/samples"
}

fail() {
	say "failed: $*"
	head -n 5 "$work/err" >&2
	failed=yes
}

# run SYSTEM SUFFIX COMMAND...: runs a program that prints samples.
run() {
	system=$1
	suffix=$2
	shift 2
	if timeout --foreground -k 5 120 "$@" \
		</dev/null >"$work/out" 2>"$work/err"; then
		keep "$system" "$suffix"
	else
		fail "$*"
	fi
}

# memory_of PID FIELDS: bytes that the kernel counts in these, as "RSS|PTE" for
# what is resident and for page tables.
memory_of() {
	awk -v fields="^Vm($2):" '$1 ~ fields { kib += $2 }
		END { printf "%.0f", kib * 1024 }' "/proc/$1/status"
}

# resident COUNT COMMAND...: starts a program that spawns COUNT processes and
# prints a line when all wait; sets `bytes` to what is resident then, page
# tables included, and `tables` to these, or `bytes` to nothing when that
# fails.
resident() {
	echo "$1" >"$work/count"
	shift
	rm -f "$work/ready"
	mkfifo "$work/ready"
	"$@" <"$work/count" >"$work/ready" 2>"$work/err" &
	running=$!
	bytes=
	line=$(timeout --foreground 60 head -n 1 "$work/ready") || line=
	if [ -n "$line" ]; then
		bytes=$(memory_of "$running" "RSS|PTE")
		tables=$(memory_of "$running" PTE)
	fi
	kill "$running" 2>/dev/null || true
	wait "$running" 2>/dev/null || true
	running=
}

# server COMMAND...: starts one that prints its port, last in a line; `port`.
server() {
	rm -f "$work/port"
	mkfifo "$work/port"
	"$@" </dev/null >"$work/port" 2>"$work/err" &
	running=$!
	port=$(timeout --foreground 60 head -n 1 "$work/port") || port=
	# Perhaps within a sentence.
	port=${port##*:}
	port=${port%/}
}

stop_server() {
	kill "$running" 2>/dev/null || true
	wait "$running" 2>/dev/null || true
	running=
}

# write_page TABLES: puts them into the page, between its marks.
write_page() {
	awk -v part="$1" '
		/^<!-- tables end/ { skip = 0 }
		!skip
		/^<!-- tables begin/ {
			skip = 1
			print ""
			while ((getline line <part) > 0)
				print line
			print ""
		}' "$page" >"$work/page"
	cat "$work/page" >"$page"
}
