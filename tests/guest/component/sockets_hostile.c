// What components must not do with sockets: each traps, with a text that says
// why; and an environment that does not allow an interface.
//
// engine: wasmtime
// stdout: passed
// stderr~ the streams of the UDP socket have not been dropped: drop both before
// `stream` makes others \(wasi:sockets/udp::\[method\]udp-socket.stream\)
// stderr~ `send` is given 1 datagrams, and `check-send` has permitted 0 before
// it stderr~ `send` is given 17 datagrams, and `check-send` has permitted 16
// before it stderr~ case 2 of a type that has 2 cases
// \(wasi:sockets/tcp::\[method\]tcp-socket.start-bind\) stderr~ case 7 of a
// type that has 2 cases \(wasi:sockets/udp-create-socket::create-udp-socket\)
// stderr~ case 3 of a type that has 3 cases
// \(wasi:sockets/tcp::\[method\]tcp-socket.shutdown\) stderr~ a list is not
// inside the memory, or not aligned
// \(wasi:sockets/udp::\[method\]outgoing-datagram-stream.send\) stderr~ the
// result's place is not inside the memory, or not aligned
// \(wasi:sockets/tcp::\[method\]tcp-socket.accept\) stderr~ Host function
// `wasi:sockets/tcp-create-socket::create-tcp-socket` unavailable in this
// environment.
#include <lunatic.h>

#include "sockets.h"

/* clang-format off */
static const char *const traps[] = {
  TEXT((func (export "run") (result i32) (local $s i32)
    (drop (call $start))
    (local.set $s (call $bound-udp (i32.const 1)))
    (call $stream-to (local.get $s) (i32.const 0) (i32.const 0) (i32.const 0))
    (call $fine (i32.const 2))
    // One of them is not enough.
    (call $drop-incoming (i32.load (i32.const 20)))
    (call $stream-to (local.get $s) (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 0))),
  TEXT((func (export "run") (result i32)
    (drop (call $start))
    (call $stream-to (call $bound-udp (i32.const 1)) (i32.const 0)
      (i32.const 0) (i32.const 0))
    (call $send (i32.load (i32.const 24)) (i32.const 2048) (i32.const 1)
      (i32.const 16))
    (i32.const 0))),
  TEXT((func (export "run") (result i32) (local $out i32)
    (local.set $out (call $permitted))
    (call $send (local.get $out) (i32.const 2048) (i32.const 17)
      (i32.const 16))
    (i32.const 0))),
  // What was permitted, was so once.
  TEXT((func (export "run") (result i32) (local $out i32)
    (local.set $out (call $permitted))
    (call $send (local.get $out) (i32.const 2048) (i32.const 2)
      (i32.const 16))
    (call $send (local.get $out) (i32.const 2048) (i32.const 1)
      (i32.const 16))
    (i32.const 0))),
  TEXT((func (export "run") (result i32)
    (drop (call $start))
    (call $tcp-start-bind (call $new (i32.const 0) (i32.const 1))
      (global.get $net) (i32.const 2) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (i32.const 0))),
  TEXT((func (export "run") (result i32)
    (call $udp (i32.const 7) (i32.const 16)) (i32.const 0))),
  TEXT((func (export "run") (result i32)
    (call $tcp-shutdown (call $new (i32.const 0) (i32.const 1)) (i32.const 3)
      (i32.const 16))
    (i32.const 0))),
  TEXT((func (export "run") (result i32) (local $out i32)
    (local.set $out (call $permitted))
    (call $send (local.get $out) (i32.const 393200) (i32.const 2)
      (i32.const 16))
    (i32.const 0))),
  // The data of an element.
  TEXT((func (export "run") (result i32) (local $out i32)
    (local.set $out (call $permitted))
    (i32.store (i32.const 2052) (i32.const -1))
    (call $send (local.get $out) (i32.const 2048) (i32.const 1)
      (i32.const 16))
    (i32.const 0))),
  TEXT((func (export "run") (result i32)
    (drop (call $start))
    (call $tcp-accept (call $listen (i32.const 1)) (i32.const 393204))
    (i32.const 0))),
  // A handle that was dropped, and one of another kind.
  TEXT((func (export "run") (result i32) (local $s i32)
    (local.set $s (call $new (i32.const 0) (i32.const 1)))
    (call $drop-tcp (local.get $s))
    (drop (call $tcp-is-listening (local.get $s)))
    (i32.const 0))),
  TEXT((func (export "run") (result i32)
    (drop (call $tcp-is-listening (call $new-udp (i32.const 0) (i32.const 1))))
    (i32.const 0))),
  TEXT((func (export "run") (result i32) (local $l i32)
    (local.set $l (call $new (i32.const 0) (i32.const 1)))
    (call $tcp-start-bind (local.get $l) (local.get $l) (i32.const 0)
      (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (i32.const 0))),
};

static const char uses_tcp[] = TEXT(
  (func (export "run") (result i32)
    (drop (call $start))
    (drop (call $new-udp (i32.const 0) (i32.const 1)))
    (drop (call $new (i32.const 0) (i32.const 2)))
    (i32.const 0)));
/* clang-format on */

static void deny(void)
{
	static const char *const allowed[] = {
		"wasi:cli",
		"wasi:clocks",
		"wasi:io",
		"wasi:sockets/udp",
		"wasi:sockets/network",
		"wasi:sockets/instance-network",
	};
	uint64_t config = lunatic_process_create_config(64 << 20, 0);
	uint64_t environment;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		lunatic_process_allow_namespace(config, allowed[i],
						strlen(allowed[i]));
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	CHECK_EQ(sockets_end(sockets_add(environment, uses_tcp)).reason,
		 LUNATIC_TRAPPED);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		struct lunatic_end end = sockets_end(
			sockets_add(lunatic_process_this_env(), traps[i]));

		if (end.reason != LUNATIC_TRAPPED)
			printf("%zu: reason %d, step %d\n", i, (int)end.reason,
			       (int)end.status);
		CHECK_EQ(end.reason, LUNATIC_TRAPPED);
	}
	deny();
	puts("passed");
	return 0;
}
