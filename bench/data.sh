# shellcheck shell=sh disable=SC2154
# What the content of a module costs its processes, read by run.sh: modules with
# data of several sizes, of which processes read none, a tenth or all, and
# guests in Rust, in Go and of the C library. Each row has a column for each
# memory strategy, for the original and for Erlang.

# As --memory-strategy has them; one that LUNATIC does not know is left out.
strategies="slab guard auto"
data_sizes="0 64K 256K 1M 8M"

# bytes_of SIZE
bytes_of() {
	case $1 in
	*K) echo $((${1%K} * 1024)) ;;
	*M) echo $((${1%M} * 1048576)) ;;
	*) echo "$1" ;;
	esac
}

build_data() {
	for size in $data_sizes; do
		guest_cc -Wl,-z,stack-size=65536 -DDATA="$(bytes_of "$size")" \
			"$here/guest/v13/data.c" -o "$build/data-$size.wasm"
	done
	[ -z "$go" ] || GO111MODULE=off GOOS=wasip1 GOARCH=wasm \
		GOCACHE=$build/go-cache go build -o "$build/data-go.wasm" \
		"$here/go/processes/main.go"
	cp "$build/library_processes.wasm" "$build/data-library.wasm"
}

# Sets `known` to the strategies that there are, and `languages` to the guests
# that there are beside those of several sizes.
data_prepare() {
	for strategy in $strategies; do
		if "$lunatic" --memory-strategy "$strategy" \
			"$build/hello.wasm" >/dev/null 2>&1; then
			known="$known$strategy "
		else
			say "the memory strategy $strategy is left out:" \
				"lunatic does not know it"
		fi
	done
	[ -n "$original" ] ||
		say "the original is left out: LUNATIC_ORIGINAL is not set"
	[ -n "$erlang" ] || say "Erlang is left out: it is not installed"
	languages=library
	status=0
	"$here/rust/build.sh" processes "$build/cargo" "$build/data-rust.wasm" \
		2>"$work/err" || status=$?
	case $status in
	0) languages="rust $languages" ;;
	77) say "$(tail -n 1 "$work/err")" ;;
	*) fail "a build in Rust" ;;
	esac
	if [ -n "$go" ]; then
		languages="$languages go"
	else
		say "guests in Go are left out: it is not installed"
	fi
}

# data_command SYSTEM MODULE: what runs it, or nothing when nothing does: the
# guest library has host functions of 0.7, and Erlang only data.
data_command() {
	case $1-$2 in
	original-library | erlang-[a-z]*) ;;
	original-*) echo "$original run $build/data-$2.wasm" ;;
	erlang-*) echo "erl -noshell +S 2:2 -pa $build -s data main" \
		"-extra $(bytes_of "$2")" ;;
	*) echo "$lunatic --workers 2 --memory-strategy $1" \
		"$build/data-$2.wasm" ;;
	esac
}

# How many processes wait at once, so that one that copies all its data has at
# most a gigabyte. The original cannot have more than some thousand.
data_count() {
	case $1 in
	256K) echo 2000 ;;
	1M) echo 800 ;;
	8M) echo 100 ;;
	go) echo 100 ;;
	*) echo 4000 ;;
	esac
}

# data_idle SYSTEM MODULE TENTHS SUFFIX COMMAND...: resident memory and page
# tables of a process that waits.
data_idle() {
	by=$1
	count=$(data_count "$2")
	tenths=$3
	suffix=$4
	shift 4
	resident "0 0" "$@"
	none=$bytes
	none_tables=$tables
	resident "$count $tenths" "$@"
	if [ -z "$none" ] || [ -z "$bytes" ]; then
		fail "$*"
		return
	fi
	tables=$(((tables - none_tables) / count))
	echo "data-idle$suffix $by $(((bytes - none) / count - tables))
data-tables$suffix $by $tables" >>"$work/samples"
}

# A process of Erlang shares the data, so that its toy says all.
data_idle_parts() {
	case $1-$2 in
	erlang-0) ;;
	erlang-*) return ;;
	esac
	command=$(data_command "$1" "$2")
	[ -n "$command" ] || return 0
	# shellcheck disable=SC2086
	case $2 in
	0) data_idle "$1" "$2" 0 -none-0 $command ;;
	[1-9]*)
		data_idle "$1" "$2" 0 "-none-$2" $command
		data_idle "$1" "$2" 1 "-tenth-$2" $command
		data_idle "$1" "$2" 10 "-all-$2" $command
		;;
	*) data_idle "$1" "$2" 0 "-$2" $command ;;
	esac
}

# Rows that compare others: with the guest that has no data, less what the
# reading itself takes.
data_compare() {
	sort -k 1,1 -k 2,2 -k 3,3n "$work/samples" | awk '
		/^data-/ { v[$1, $2, ++n[$1, $2]] = $3; systems[$2] }
		function p50(of, by) {
			return v[of, by, int((n[of, by] + 1) / 2)]
		}
		function both(a, b, by) {
			return n[a, by] > 0 && n[b, by] > 0
		}
		function spawn(by, toy, size) {
			for (size in sizes)
				if (both("data-spawn-tenth-" size, toy, by))
					printf "data-by-%s %s %.3f\n", size, by,
						(p50("data-spawn-tenth-" size, by) - \
						p50("data-read-tenth-" size, by)) / \
						p50(toy, by)
			if (both("data-spawn-rust", toy, by))
				printf "data-by-rust %s %.3f\n", by,
					p50("data-spawn-rust", by) / p50(toy, by)
		}
		function more(of, by) {
			if (both(of "-none-1M", of "-none-0", by))
				printf "%s-more %s %d\n", of, by,
					p50(of "-none-1M", by) - \
					p50(of "-none-0", by)
		}
		END {
			sizes["256K"] sizes["1M"] sizes["8M"]
			for (by in systems) {
				spawn(by, "data-spawn-none-0")
				more("data-idle", by)
				more("data-tables", by)
			}
		}' >"$work/compared"
	cat "$work/compared" >>"$work/samples"
}

bench_data() {
	data_prepare
	for _ in $passes; do
		for module in $data_sizes $languages; do
			for by in $known ${original:+original} \
				${erlang:+erlang}; do
				command=$(data_command "$by" "$module")
				# shellcheck disable=SC2086
				[ -z "$command" ] ||
					run "$by" "-$module" $command
			done
		done
	done
	for module in $data_sizes $languages; do
		for system in $known ${original:+original} ${erlang:+erlang}; do
			data_idle_parts "$system" "$module"
		done
	done
	data_compare
}
