#!/bin/sh
# What the program tells its supervisor (NOTIFY_SOCKET), and as process 1.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

module waits <<'EOM'
(module
  (import "lunatic::drain" "watch" (func $watch (param i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "ready\n")
  (func (export "_start")
    (call $watch (i64.const 5))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))
    (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))
    ;; Until its input ends.
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.const 64)))))
EOM
module ends <<'EOM'
(module (func (export "_start")))
EOM
python3 -B "$here/notify.py" "$lunatic" "$work" ||
	bad "the supervisor found something"

# Where no supervisor is, and where its variables are wrong.
for value in relative '' / @; do
	NOTIFY_SOCKET=$value run ends.wasm
	expect 0 "NOTIFY_SOCKET='$value'"
	if [ -n "$value" ]; then
		says err "the value of NOTIFY_SOCKET is not understood" "$value"
	else
		silent err "NOTIFY_SOCKET='$value'"
	fi
done
NOTIFY_SOCKET=$work/nobody WATCHDOG_USEC=1000 run ends.wasm
expect 0 "a supervisor that is gone"
silent err "a supervisor that is gone"
for value in x -1 0 99999999999999999999 1x; do
	NOTIFY_SOCKET=$work/nobody WATCHDOG_USEC=$value run ends.wasm
	expect 0 "WATCHDOG_USEC=$value"
	says err "the value of WATCHDOG_USEC is not understood" "$value"
done

# The unit file. systemd-analyze looks for the program that it names.
unit=$here/../../contrib/lunatic@.service
if command -v systemd-analyze >/dev/null 2>&1; then
	sed "s|/usr/bin/lunatic|$lunatic|" "$unit" >lunatic@.service
	systemd-analyze verify --man=no "$work/lunatic@one.service" \
		>out 2>err || {
		ln -sf lunatic@.service lunatic@one.service
		status=0
		systemd-analyze verify --man=no "$work/lunatic@one.service" \
			>out 2>err || status=$?
		expect 0 "systemd-analyze verify"
	}
	silent err "systemd-analyze verify"
else
	echo "systemd-analyze is not there: the unit file is not verified"
fi

# As process 1 of a container: orphans are waited for, signals are passed on.
alone="unshare --pid --fork --mount-proc"
$alone true 2>/dev/null || alone="unshare --user --map-root-user $alone"
if $alone true 2>/dev/null; then
	python3 -B "$here/pid_one.py" "$lunatic" "$work" $alone ||
		bad "process 1"
else
	echo "no namespace of processes can be made: process 1 is not tested"
fi
finish
