#!/bin/sh
# What the system refuses while the program starts and ends: each system call
# of a kind fails in its turn. The program does its work, or says in a sentence
# why it cannot; it never aborts, crashes or hangs.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

# Sanitizers end the program where memory is refused to them.
if [ -n "${ASAN_OPTIONS:-}" ]; then
	echo "skipped: a sanitizer watches"
	exit 0
fi
clang-19 -O1 -Wall -Wextra -Werror "$here/support/refuse.c" -o "$work/refuse"
module hello <<'EOM'
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $w (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00")
  (data (i32.const 16) "good\0a")
  (func (export "_start")
    (if (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (call $exit (i32.const 3))))))
EOM

# refused CALLS ERROR FIRST LAST ARGUMENT...: runs the program so; how many of
# these calls it made is in the file `count`.
refused() {
	calls=$1 number=$2 first=$3 last=$4
	shift 4
	status=0
	timeout -k 5 60 ./refuse "$calls" "$number" "$first" "$last" \
		"$lunatic" --workers 2 "$@" >out 2>err 3>count </dev/null ||
		status=$?
	[ "$status" -ne 77 ] || {
		echo "skipped: the kernel cannot refuse calls"
		exit 0
	}
}

# held WHAT: the last run has done its work, or says why it has not. Three is
# the guest's, which could not write.
libc_aborts=0
held() {
	[ $libc_aborts -eq 0 ] || [ "$status" -ne 134 ] || status=0
	case $status in
	0) says out '^good$' "$1" ;;
	1) says err '^lunatic: ' "$1" ;;
	3) ;;
	*) bad "$1: exit status $status" ;;
	esac
}

# each CALL ERROR: the first of these calls fails, the second, and so on; what
# the loader does before the program begins does not count.
each() {
	refused "$1" "$2" 100000 1 --version
	start=$(cat count)
	refused "$1" "$2" 100000 1 hello.wasm
	held "none of $1"
	end=$(cat count)
	n=$((start + 1))
	while [ "$n" -le "$end" ]; do
		refused "$1" "$2" "$n" "$n" hello.wasm
		held "$1, number $n"
		n=$((n + 1))
	done
}

# from_there CALL ERROR: likewise, with all that follow.
from_there() {
	n=$((start + 1))
	while [ "$n" -le "$end" ]; do
		refused "$1" "$2" "$n" 0 hello.wasm
		held "$1, from number $n"
		n=$((n + 1))
	done
}

each madvise 12
from_there madvise 12
each epoll_create 24
from_there epoll_create 24
each epoll_ctl 12
from_there epoll_ctl 12
each eventfd 24
from_there eventfd 24
each affinity 38
each prctl 1
each open 24
from_there open 24

# Of threads, stacks for signals, and memory the first that are missing end the
# start, or are done without.
each clone 11
from_there clone 11
each sigaltstack 12
from_there sigaltstack 12
each mprotect 12
each mmap 12
# The C library itself aborts where the stack of a thread that has ended cannot
# be unmapped. The guest's work is done by then.
libc_aborts=1
each munmap 12
libc_aborts=0

# What is refused always.
refused sigaction 1 1 0 hello.wasm
expect 1 "sigaction"
says err 'runtime: handlers of signals .*seccomp' "sigaction"
refused sigprocmask 1 1 0 hello.wasm
expect 1 "sigprocmask"
says err 'runtime: handlers of signals .*seccomp' "sigprocmask"
refused clone 11 1 0 hello.wasm
expect 1 "clone"
says err 'runtime: no more threads .*ulimit -u' "clone"
refused getrandom 38 1 0 hello.wasm
held "getrandom"
refused eventfd 24 1 0 test hello.wasm
expect 1 "eventfd, of a test"
says err 'runtime: no more descriptors; .*ulimit -n' "eventfd, of a test"

# Memory that becomes executable, as systemd forbids it to services.
clang-19 -O1 "$here/support/mdwe.c" -o mdwe
status=0
timeout 60 ./mdwe "$lunatic" hello.wasm >out 2>err || status=$?
if [ "$status" -ne 77 ]; then
	expect 1 "MDWE"
	says err 'executable, .*MemoryDenyWriteExecute' "MDWE"
fi

# Too little address space. What the loader lacks it says itself.
for kib in 20000 30000 40000 60000 80000 100000 150000 200000 300000; do
	status=0
	timeout 60 prlimit --as=$((kib * 1024)) "$lunatic" --workers 2 \
		hello.wasm >out 2>err </dev/null || status=$?
	# What is left may suffice for the runtime and not for a process.
	[ "$status" -ne 134 ] || ! grep -q 'trapped: the host is out of memory' \
		err || continue
	[ "$status" -eq 127 ] || held "$kib KiB"
	! grep -q 'lunatic: cannot start' err ||
		says err '(memory or address space|no more threads).*; .*ulimit -v' \
			"$kib KiB"
done

# No process left for the user; root may have any number.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$work"
	status=0
	timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups \
		prlimit --nproc=1 "$lunatic" hello.wasm >out 2>err ||
		status=$?
	# The program itself may be where only root can read.
	if [ "$status" -ne 126 ] && [ "$status" -ne 127 ]; then
		expect 1 "nproc"
		says err 'no more threads .*ulimit -u' "nproc"
	fi
fi
finish
