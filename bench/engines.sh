# shellcheck shell=sh disable=SC2154
# What interpreting (--engine wasmi) costs and saves, beside compiling, read by
# run.sh: what starts at once, computes slowly.

build_engines() {
	[ -n "$go" ] || return 0
	for name in hello large; do
		GO111MODULE=off GOOS=wasip1 GOARCH=wasm \
			GOCACHE=$build/go-cache go build -ldflags "-s -w" \
			-o "$build/go-$name.wasm" "$here/go/$name/main.go"
	done
}

# cold ENGINE MODULE SUFFIX ARGUMENT...: one start, where nothing was compiled
# before; what that took is in $work/out.
cold() {
	kind=$1
	module=$2
	series=$3
	shift 3
	rm -rf "$LUNATIC_CACHE_DIR"
	mkdir -m 700 "$LUNATIC_CACHE_DIR"
	run lunatic "$series" "$build/wall" start 1 \
		"$lunatic" --engine "$kind" "$build/$module.wasm" "$@"
}

# cold_both MODULE ARGUMENT...: and how many times sooner the interpreter is
# done.
cold_both() {
	name=$1
	shift
	cold wasmi "$name" "-wasmi-$name" "$@"
	cp "$work/out" "$work/out-wasmi"
	cold wasmtime "$name" "-wasmtime-$name" "$@"
	by_each "-by-$name" "$work/out-wasmi" "$work/out"
}

bench_engines() {
	if ! "$lunatic" --engine wasmi "$build/hello.wasm" >/dev/null 2>&1; then
		say "the engines are left out: wasmi is not built in"
		return
	fi
	for _ in $passes; do
		for name in ping_pong spawn; do
			run lunatic -wasmi "$lunatic" --engine wasmi \
				--workers 1 "$build/$name.wasm"
		done
		run lunatic -compiled "$lunatic" --workers 1 \
			"$build/compute.wasm"
		cp "$work/out" "$work/out-compiled"
		run lunatic -interpreted "$lunatic" --workers 1 \
			--engine wasmi "$build/compute.wasm"
		by_each "-by-interpreted" "$work/out-compiled" "$work/out"
		[ -z "$go" ] || cold_both go-hello
	done
	[ -z "$go" ] || cold_both go-large
	if [ -n "${LUNATIC_PYTHON:-}" ]; then
		cp "$LUNATIC_PYTHON" "$build/python.wasm"
		cold_both python -c 'print(6 * 7)'
	fi
	resident 0 "$lunatic" --engine wasmi "$build/idle.wasm"
	none=$bytes
	resident 100000 "$lunatic" --engine wasmi "$build/idle.wasm"
	if [ -n "$none" ] && [ -n "$bytes" ]; then
		echo "idle-wasmi lunatic $(((bytes - none) / 100000))
program-wasmi lunatic $none" >>"$work/samples"
	else
		fail "idle processes on wasmi"
	fi
}
