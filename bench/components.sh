# shellcheck shell=sh disable=SC2154
# What programs cost that are components, beside the same as modules, read by
# run.sh. LUNATIC_PYTHON_COMPONENT and LUNATIC_JS_COMPONENT may name components
# in these languages whose wasi:cli/run does nothing.

# component_of CRATE NAME TARGET: false where it cannot be built.
component_of() {
	status=0
	"$here/rust/build.sh" "$1" "$build/cargo" "$build/$2.wasm" "$3" \
		2>"$work/err" || status=$?
	case $status in
	0) return 0 ;;
	77) say "$(tail -n 1 "$work/err")" ;;
	*) fail "a build in Rust" ;;
	esac
	return 1
}

# cycle_of NAME FILE
cycle_of() {
	run lunatic "" "$lunatic" --workers 1 --dir "$build" \
		"$build/components.wasm" "component-$1" "$2"
}

# cycle_by NAME FILE: beside the module, in turns.
cycle_by() {
	cycle_of module "$build/component-module.wasm"
	sed s/component-module/component-by/ "$work/out" >"$work/out-module"
	cycle_of "$1" "$2"
	sed "s/component-$1/component-by/" "$work/out" >"$work/out-other"
	by_each "-$1" "$work/out-module" "$work/out-other"
}

# write_of NAME
write_of() {
	if "$lunatic" --workers 1 "$build/component-$1.wasm" write \
		</dev/null >/dev/null 2>"$work/out"; then
		keep lunatic "-$1"
	else
		fail "writing by a $1"
	fi
}

write_by_wasmtime() {
	if "$wasmtime" run "$build/component-component.wasm" write \
		</dev/null >/dev/null 2>"$work/out"; then
		keep lunatic -wasmtime
	else
		fail "writing by a component that wasmtime runs"
	fi
}

# serve_of SUFFIX COMMAND...: a server that says on standard error where it is.
serve_of() {
	suffix=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	wrk_of serve 64 lunatic "$suffix" sh -c 'exec "$@" 2>&1' - "$@"
}

bench_serve() {
	if [ -z "$wrk" ]; then
		say "serve is left out: wrk is not installed"
		return
	fi
	component_of serve serve wasm32-wasip2 || return 0
	wasmtime=$(command -v wasmtime) || wasmtime=
	[ -n "$wasmtime" ] ||
		say "wasmtime serve is left out: it is not installed"
	for _ in $passes; do
		serve_of "" "$lunatic" serve --listen 127.0.0.1:0 \
			"$build/serve.wasm"
		[ -z "$go" ] || wrk_of serve 64 go "" "$build/http-go"
		[ -z "$wasmtime" ] || serve_of -wasmtime "$wasmtime" serve \
			-S cli --addr 127.0.0.1:0 "$build/serve.wasm"
	done
}

bench_components() {
	component_of component component-module wasm32-wasip1 &&
		component_of component component-component wasm32-wasip2 ||
		return 0
	wasmtime=$(command -v wasmtime) || wasmtime=
	[ -n "$wasmtime" ] || say "wasmtime is left out: it is not installed"
	python=${LUNATIC_PYTHON_COMPONENT:-}
	javascript=${LUNATIC_JS_COMPONENT:-}
	[ -n "$python" ] || say "Python is left out:" \
		"LUNATIC_PYTHON_COMPONENT is not set"
	[ -n "$javascript" ] || say "JavaScript is left out:" \
		"LUNATIC_JS_COMPONENT is not set"
	[ -z "$python" ] || cp "$python" "$build/component-python.wasm"
	[ -z "$javascript" ] || cp "$javascript" "$build/component-js.wasm"
	for _ in $passes; do
		cycle_by rust "$build/component-component.wasm"
		[ -z "$python" ] ||
			cycle_by python "$build/component-python.wasm"
		[ -z "$javascript" ] ||
			cycle_by javascript "$build/component-js.wasm"
		write_of module
		cp "$work/out" "$work/out-module"
		write_of component
		by_each -by-component "$work/out-module" "$work/out"
		[ -z "$wasmtime" ] || write_by_wasmtime
	done
}
