#!/bin/sh
# Large modules are compiled in processes of their own, which have limits and end
# with the program, however that ends.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# bomb LOOPS LOCALS: a module of loops in each other in which locals are set.
bomb() {
	awk -v loops="$1" -v locals="$2" 'BEGIN {
		print "(module (func (export \"_start\")) (func (local"
		for (i = 0; i < locals; i++) print "i32"
		print ")"
		for (i = 0; i < loops; i++) print "loop"
		for (i = 0; i < locals; i++)
			print "(local.set", i, "(i32.add (local.get", i,
				") (i32.const 1)))"
		for (i = 0; i < loops; i++) print "(br_if 0 (local.get 0)) end"
		print "))"
	}'
}

# children: the processes of the program, of which $pid is one.
children() {
	cat "/proc/$pid/task/"*/children 2>/dev/null || true
}

# It takes a while, and no more than it may.
bomb 100 100 >some.wat
run some.wat
expect 0 "a module of some size"
silent err "a module of some size"
for variant in "--preemption epoch" "--memory-strategy guard" "--max-fuel 1000"; do
	# shellcheck disable=SC2086
	run $variant some.wat
	expect 0 "with $variant"
done
bomb 600 600 >bomb.wat
refuses "more than 1 s of processor time.*\(--max-compile-time\)" \
	--max-compile-time 1 bomb.wat

# ends SIGNAL STATUS: the program, while it compiles.
ends() {
	"$lunatic" --max-compile-memory 4G --max-compile-time 1000 bomb.wat \
		>out 2>err &
	pid=$!
	compiler=
	for _ in $(seq 600); do
		compiler=$(children | tr -d ' ')
		[ -z "$compiler" ] || break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	[ -n "$compiler" ] || bad "$1: no compiler"
	kill -"$1" "$pid"
	status=0
	wait "$pid" || status=$?
	expect "$2" "$1"
	silent err "$1"
	for _ in $(seq 200); do
		[ -d "/proc/$compiler" ] || break
		! grep -q '^State:.*zombie' "/proc/$compiler/status" || break
		sleep 0.05
	done
	[ ! -d "/proc/$compiler" ] ||
		grep -q '^State:.*zombie' "/proc/$compiler/status" ||
		bad "$1: the compiler goes on"
}
if [ -e "/proc/$$/task/$$/children" ]; then
	ends TERM 143
	ends INT 130
	ends KILL 137
fi

finish
