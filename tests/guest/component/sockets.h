/*
 * Components that use wasi:sockets, as text: sockets_component makes one of the
 * fields of a core module that exports `run`. It imports every function of
 * wasi:sockets, with its type, and has helpers:
 *
 *   $code           what a result with a payload at 1 says: -1, or error-code
 *   $code2 4 8      the same with the payload at 2, 4, 8
 *   $want a b step  ends the process with the status `step` unless a == b
 *   $fine step      the same unless a result is ok
 *   $listen, $connect, $accept-one, $bound-udp at 127.0.0.1, with all steps
 *   $wait           until a pollable is ready, which is dropped
 *
 * Results are written at 16; what the host allocates begins at 65536, and is
 * there until $again begins there again.
 */
#ifndef LUNATIC_TESTS_GUEST_COMPONENT_SOCKETS_H
#define LUNATIC_TESTS_GUEST_COMPONENT_SOCKETS_H

#include <lunatic.h>
#include <stdio.h>

#include "../check.h"
#include "lives.h"

#define TEXT(...) #__VA_ARGS__

/* clang-format off */
static const char sockets_imports[] = TEXT(
  (import "wasi:cli/exit@0.2.0" (instance $exit-i
    (export "exit-with-code" (func (param "status-code" u8)))))
  (import "wasi:io/error@0.2.0" (instance $error-i
    (export "error" (type (sub resource)))))
  (alias export $error-i "error" (type $error))
  (import "wasi:io/poll@0.2.0" (instance $poll-i
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.ready"
      (func (param "self" (borrow $p)) (result bool)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))
    (export "poll"
      (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll-i "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock-i
    (alias outer 1 $pollable (type $p0)) (export "pollable" (type $p (eq $p0)))
    (export "subscribe-duration"
      (func (param "when" u64) (result (own $p))))))
  (import "wasi:io/streams@0.2.0" (instance $streams-i
    (alias outer 1 $pollable (type $p0)) (export "pollable" (type $p (eq $p0)))
    (alias outer 1 $error (type $e0)) (export "error" (type $e (eq $e0)))
    (export "input-stream" (type $in (sub resource)))
    (export "output-stream" (type $out (sub resource)))
    (type $se0 (variant (case "last-operation-failed" (own $e))
      (case "closed")))
    (export "stream-error" (type $se (eq $se0)))
    (export "[method]input-stream.read" (func (param "self" (borrow $in))
      (param "len" u64) (result (result (list u8) (error $se)))))
    (export "[method]input-stream.subscribe"
      (func (param "self" (borrow $in)) (result (own $p))))
    (export "[method]output-stream.check-write"
      (func (param "self" (borrow $out)) (result (result u64 (error $se)))))
    (export "[method]output-stream.write" (func (param "self" (borrow $out))
      (param "contents" (list u8)) (result (result (error $se)))))
    (export "[method]output-stream.subscribe"
      (func (param "self" (borrow $out)) (result (own $p))))
    (export "[method]output-stream.splice" (func (param "self" (borrow $out))
      (param "src" (borrow $in)) (param "len" u64)
      (result (result u64 (error $se)))))))
  (alias export $streams-i "input-stream" (type $input))
  (alias export $streams-i "output-stream" (type $output))
  (import "wasi:sockets/network@0.2.0" (instance $network-i
    (alias outer 1 $error (type $e0)) (export "error" (type $e (eq $e0)))
    (export "network" (type (sub resource)))
    (type $c0 (enum "unknown" "access-denied" "not-supported"
      "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
      "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
      "address-not-bindable" "address-in-use" "remote-unreachable"
      "connection-refused" "connection-reset" "connection-aborted"
      "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
      "permanent-resolver-failure"))
    (export "error-code" (type $c (eq $c0)))
    (type $f0 (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type (eq $f0)))
    (type $v4 (tuple u8 u8 u8 u8))
    (export "ipv4-address" (type $V4 (eq $v4)))
    (type $v6 (tuple u16 u16 u16 u16 u16 u16 u16 u16))
    (export "ipv6-address" (type $V6 (eq $v6)))
    (type $i0 (variant (case "ipv4" $V4) (case "ipv6" $V6)))
    (export "ip-address" (type (eq $i0)))
    (type $a4 (record (field "port" u16) (field "address" $V4)))
    (export "ipv4-socket-address" (type $A4 (eq $a4)))
    (type $a6 (record (field "port" u16) (field "flow-info" u32)
      (field "address" $V6) (field "scope-id" u32)))
    (export "ipv6-socket-address" (type $A6 (eq $a6)))
    (type $a0 (variant (case "ipv4" $A4) (case "ipv6" $A6)))
    (export "ip-socket-address" (type (eq $a0)))
    (export "network-error-code"
      (func (param "err" (borrow $e)) (result (option $c))))))
  (alias export $network-i "network" (type $network))
  (alias export $network-i "error-code" (type $code))
  (alias export $network-i "ip-address-family" (type $family))
  (alias export $network-i "ip-address" (type $ip))
  (alias export $network-i "ip-socket-address" (type $address))
  (import "wasi:sockets/instance-network@0.2.0" (instance $instance-i
    (alias outer 1 $network (type $n0)) (export "network" (type $n (eq $n0)))
    (export "instance-network" (func (result (own $n))))))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $names-i
    (alias outer 1 $pollable (type $p0)) (export "pollable" (type $p (eq $p0)))
    (alias outer 1 $network (type $n0)) (export "network" (type $n (eq $n0)))
    (alias outer 1 $code (type $c0)) (export "error-code" (type $c (eq $c0)))
    (alias outer 1 $ip (type $i0)) (export "ip-address" (type $i (eq $i0)))
    (export "resolve-address-stream" (type $s (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $n))
      (param "name" string) (result (result (own $s) (error $c)))))
    (export "[method]resolve-address-stream.resolve-next-address"
      (func (param "self" (borrow $s))
        (result (result (option $i) (error $c)))))
    (export "[method]resolve-address-stream.subscribe"
      (func (param "self" (borrow $s)) (result (own $p))))))
  (alias export $names-i "resolve-address-stream" (type $addresses))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp-i
    (alias outer 1 $input (type $in0))
    (export "input-stream" (type $in (eq $in0)))
    (alias outer 1 $output (type $out0))
    (export "output-stream" (type $out (eq $out0)))
    (alias outer 1 $pollable (type $p0)) (export "pollable" (type $p (eq $p0)))
    (alias outer 1 $network (type $n0)) (export "network" (type $n (eq $n0)))
    (alias outer 1 $code (type $c0)) (export "error-code" (type $c (eq $c0)))
    (alias outer 1 $family (type $f0))
    (export "ip-address-family" (type $f (eq $f0)))
    (alias outer 1 $address (type $a0))
    (export "ip-socket-address" (type $a (eq $a0)))
    (type $d0 u64) (export "duration" (type $d (eq $d0)))
    (type $h0 (enum "receive" "send" "both"))
    (export "shutdown-type" (type $h (eq $h0)))
    (export "tcp-socket" (type $s (sub resource)))
    (type $none (func (param "self" (borrow $s)) (result (result (error $c)))))
    (type $set-u64 (func (param "self" (borrow $s)) (param "value" u64)
      (result (result (error $c)))))
    (type $get-u64 (func (param "self" (borrow $s))
      (result (result u64 (error $c)))))
    (type $get-a (func (param "self" (borrow $s))
      (result (result $a (error $c)))))
    (export "[method]tcp-socket.start-bind" (func (param "self" (borrow $s))
      (param "network" (borrow $n)) (param "local-address" $a)
      (result (result (error $c)))))
    (export "[method]tcp-socket.finish-bind" (func (type $none)))
    (export "[method]tcp-socket.start-connect" (func (param "self" (borrow $s))
      (param "network" (borrow $n)) (param "remote-address" $a)
      (result (result (error $c)))))
    (export "[method]tcp-socket.finish-connect" (func
      (param "self" (borrow $s))
      (result (result (tuple (own $in) (own $out)) (error $c)))))
    (export "[method]tcp-socket.start-listen" (func (type $none)))
    (export "[method]tcp-socket.finish-listen" (func (type $none)))
    (export "[method]tcp-socket.accept" (func (param "self" (borrow $s))
      (result (result (tuple (own $s) (own $in) (own $out)) (error $c)))))
    (export "[method]tcp-socket.local-address" (func (type $get-a)))
    (export "[method]tcp-socket.remote-address" (func (type $get-a)))
    (export "[method]tcp-socket.is-listening" (func (param "self" (borrow $s))
      (result bool)))
    (export "[method]tcp-socket.address-family" (func
      (param "self" (borrow $s)) (result $f)))
    (export "[method]tcp-socket.set-listen-backlog-size" (func (type $set-u64)))
    (export "[method]tcp-socket.keep-alive-enabled" (func
      (param "self" (borrow $s)) (result (result bool (error $c)))))
    (export "[method]tcp-socket.set-keep-alive-enabled" (func
      (param "self" (borrow $s)) (param "value" bool)
      (result (result (error $c)))))
    (export "[method]tcp-socket.keep-alive-idle-time" (func
      (param "self" (borrow $s)) (result (result $d (error $c)))))
    (export "[method]tcp-socket.set-keep-alive-idle-time" (func
      (param "self" (borrow $s)) (param "value" $d)
      (result (result (error $c)))))
    (export "[method]tcp-socket.keep-alive-interval" (func
      (param "self" (borrow $s)) (result (result $d (error $c)))))
    (export "[method]tcp-socket.set-keep-alive-interval" (func
      (param "self" (borrow $s)) (param "value" $d)
      (result (result (error $c)))))
    (export "[method]tcp-socket.keep-alive-count" (func
      (param "self" (borrow $s)) (result (result u32 (error $c)))))
    (export "[method]tcp-socket.set-keep-alive-count" (func
      (param "self" (borrow $s)) (param "value" u32)
      (result (result (error $c)))))
    (export "[method]tcp-socket.hop-limit" (func
      (param "self" (borrow $s)) (result (result u8 (error $c)))))
    (export "[method]tcp-socket.set-hop-limit" (func
      (param "self" (borrow $s)) (param "value" u8)
      (result (result (error $c)))))
    (export "[method]tcp-socket.receive-buffer-size" (func (type $get-u64)))
    (export "[method]tcp-socket.set-receive-buffer-size" (func (type $set-u64)))
    (export "[method]tcp-socket.send-buffer-size" (func (type $get-u64)))
    (export "[method]tcp-socket.set-send-buffer-size" (func (type $set-u64)))
    (export "[method]tcp-socket.subscribe" (func (param "self" (borrow $s))
      (result (own $p))))
    (export "[method]tcp-socket.shutdown" (func (param "self" (borrow $s))
      (param "shutdown-type" $h) (result (result (error $c)))))))
  (alias export $tcp-i "tcp-socket" (type $tcp))
  (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $tcp-create-i
    (alias outer 1 $code (type $c0)) (export "error-code" (type $c (eq $c0)))
    (alias outer 1 $family (type $f0))
    (export "ip-address-family" (type $f (eq $f0)))
    (alias outer 1 $tcp (type $s0)) (export "tcp-socket" (type $s (eq $s0)))
    (export "create-tcp-socket" (func (param "address-family" $f)
      (result (result (own $s) (error $c)))))))
  (import "wasi:sockets/udp@0.2.0" (instance $udp-i
    (alias outer 1 $pollable (type $p0)) (export "pollable" (type $p (eq $p0)))
    (alias outer 1 $network (type $n0)) (export "network" (type $n (eq $n0)))
    (alias outer 1 $code (type $c0)) (export "error-code" (type $c (eq $c0)))
    (alias outer 1 $family (type $f0))
    (export "ip-address-family" (type $f (eq $f0)))
    (alias outer 1 $address (type $a0))
    (export "ip-socket-address" (type $a (eq $a0)))
    (type $i0 (record (field "data" (list u8)) (field "remote-address" $a)))
    (export "incoming-datagram" (type $i (eq $i0)))
    (type $o0 (record (field "data" (list u8))
      (field "remote-address" (option $a))))
    (export "outgoing-datagram" (type $o (eq $o0)))
    (export "udp-socket" (type $s (sub resource)))
    (export "incoming-datagram-stream" (type $is (sub resource)))
    (export "outgoing-datagram-stream" (type $os (sub resource)))
    (type $set-u64 (func (param "self" (borrow $s)) (param "value" u64)
      (result (result (error $c)))))
    (type $get-u64 (func (param "self" (borrow $s))
      (result (result u64 (error $c)))))
    (type $get-a (func (param "self" (borrow $s))
      (result (result $a (error $c)))))
    (export "[method]udp-socket.start-bind" (func (param "self" (borrow $s))
      (param "network" (borrow $n)) (param "local-address" $a)
      (result (result (error $c)))))
    (export "[method]udp-socket.finish-bind" (func (param "self" (borrow $s))
      (result (result (error $c)))))
    (export "[method]udp-socket.stream" (func (param "self" (borrow $s))
      (param "remote-address" (option $a))
      (result (result (tuple (own $is) (own $os)) (error $c)))))
    (export "[method]udp-socket.local-address" (func (type $get-a)))
    (export "[method]udp-socket.remote-address" (func (type $get-a)))
    (export "[method]udp-socket.address-family" (func
      (param "self" (borrow $s)) (result $f)))
    (export "[method]udp-socket.unicast-hop-limit" (func
      (param "self" (borrow $s)) (result (result u8 (error $c)))))
    (export "[method]udp-socket.set-unicast-hop-limit" (func
      (param "self" (borrow $s)) (param "value" u8)
      (result (result (error $c)))))
    (export "[method]udp-socket.receive-buffer-size" (func (type $get-u64)))
    (export "[method]udp-socket.set-receive-buffer-size" (func (type $set-u64)))
    (export "[method]udp-socket.send-buffer-size" (func (type $get-u64)))
    (export "[method]udp-socket.set-send-buffer-size" (func (type $set-u64)))
    (export "[method]udp-socket.subscribe" (func (param "self" (borrow $s))
      (result (own $p))))
    (export "[method]incoming-datagram-stream.receive" (func
      (param "self" (borrow $is)) (param "max-results" u64)
      (result (result (list $i) (error $c)))))
    (export "[method]incoming-datagram-stream.subscribe" (func
      (param "self" (borrow $is)) (result (own $p))))
    (export "[method]outgoing-datagram-stream.check-send" (func
      (param "self" (borrow $os)) (result (result u64 (error $c)))))
    (export "[method]outgoing-datagram-stream.send" (func
      (param "self" (borrow $os)) (param "datagrams" (list $o))
      (result (result u64 (error $c)))))
    (export "[method]outgoing-datagram-stream.subscribe" (func
      (param "self" (borrow $os)) (result (own $p))))))
  (alias export $udp-i "udp-socket" (type $udp))
  (alias export $udp-i "incoming-datagram-stream" (type $incoming))
  (alias export $udp-i "outgoing-datagram-stream" (type $outgoing))
  (import "wasi:sockets/udp-create-socket@0.2.0" (instance $udp-create-i
    (alias outer 1 $code (type $c0)) (export "error-code" (type $c (eq $c0)))
    (alias outer 1 $family (type $f0))
    (export "ip-address-family" (type $f (eq $f0)))
    (alias outer 1 $udp (type $s0)) (export "udp-socket" (type $s (eq $s0)))
    (export "create-udp-socket" (func (param "address-family" $f)
      (result (result (own $s) (error $c)))))))
  (core module $Memory
    (memory (export "memory") 6)
    (global $at (mut i32) (i32.const 65536))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $now i32)
      (local.set $now (global.get $at))
      (global.set $at (i32.and (i32.const -8)
        (i32.add (i32.const 7) (i32.add (local.get $now) (local.get 3)))))
      (local.get $now))
    (func (export "again") (global.set $at (i32.const 65536))))
  (core instance $memory (instantiate $Memory)));

/* The functions by short names, of core types. */
#define LOWER(short, instance, name) \
	"(core func $" short " (canon lower (func $" instance " \"" name \
	"\") (memory (core memory $memory \"memory\"))" \
	" (realloc (core func $memory \"realloc\"))))"
#define DROP(short, type) \
	"(core func $" short " (canon resource.drop $" type "))"
#define EACH_FUNCTION(X, DROP) \
	X("exit", "exit-i", "exit-with-code", (param i32)) \
	X("ready", "poll-i", "[method]pollable.ready", \
	  (param i32) (result i32)) \
	X("block", "poll-i", "[method]pollable.block", (param i32)) \
	X("poll", "poll-i", "poll", (param i32 i32 i32)) \
	X("after", "clock-i", "subscribe-duration", \
	  (param i64) (result i32)) \
	X("read", "streams-i", "[method]input-stream.read", \
	  (param i32 i64 i32)) \
	X("subscribe-input", "streams-i", "[method]input-stream.subscribe", \
	  (param i32) (result i32)) \
	X("check-write", "streams-i", "[method]output-stream.check-write", \
	  (param i32 i32)) \
	X("write", "streams-i", "[method]output-stream.write", \
	  (param i32 i32 i32 i32)) \
	X("subscribe-output", "streams-i", "[method]output-stream.subscribe", \
	  (param i32) (result i32)) \
	X("splice", "streams-i", "[method]output-stream.splice", \
	  (param i32 i32 i64 i32)) \
	X("error-code", "network-i", "network-error-code", (param i32 i32)) \
	X("network", "instance-i", "instance-network", (result i32)) \
	X("resolve", "names-i", "resolve-addresses", \
	  (param i32 i32 i32 i32)) \
	X("next", "names-i", \
	  "[method]resolve-address-stream.resolve-next-address", \
	  (param i32 i32)) \
	X("subscribe-names", "names-i", \
	  "[method]resolve-address-stream.subscribe", \
	  (param i32) (result i32)) \
	X("tcp", "tcp-create-i", "create-tcp-socket", (param i32 i32)) \
	TCP(X, "start-bind", ADDRESS_ARGUMENT) \
	TCP(X, "finish-bind", (param i32 i32)) \
	TCP(X, "start-connect", ADDRESS_ARGUMENT) \
	TCP(X, "finish-connect", (param i32 i32)) \
	TCP(X, "start-listen", (param i32 i32)) \
	TCP(X, "finish-listen", (param i32 i32)) \
	TCP(X, "accept", (param i32 i32)) \
	TCP(X, "local-address", (param i32 i32)) \
	TCP(X, "remote-address", (param i32 i32)) \
	TCP(X, "is-listening", (param i32) (result i32)) \
	TCP(X, "address-family", (param i32) (result i32)) \
	TCP(X, "set-listen-backlog-size", (param i32 i64 i32)) \
	TCP(X, "keep-alive-enabled", (param i32 i32)) \
	TCP(X, "set-keep-alive-enabled", (param i32 i32 i32)) \
	TCP(X, "keep-alive-idle-time", (param i32 i32)) \
	TCP(X, "set-keep-alive-idle-time", (param i32 i64 i32)) \
	TCP(X, "keep-alive-interval", (param i32 i32)) \
	TCP(X, "set-keep-alive-interval", (param i32 i64 i32)) \
	TCP(X, "keep-alive-count", (param i32 i32)) \
	TCP(X, "set-keep-alive-count", (param i32 i32 i32)) \
	TCP(X, "hop-limit", (param i32 i32)) \
	TCP(X, "set-hop-limit", (param i32 i32 i32)) \
	TCP(X, "receive-buffer-size", (param i32 i32)) \
	TCP(X, "set-receive-buffer-size", (param i32 i64 i32)) \
	TCP(X, "send-buffer-size", (param i32 i32)) \
	TCP(X, "set-send-buffer-size", (param i32 i64 i32)) \
	TCP(X, "subscribe", (param i32) (result i32)) \
	TCP(X, "shutdown", (param i32 i32 i32)) \
	X("udp", "udp-create-i", "create-udp-socket", (param i32 i32)) \
	UDP(X, "start-bind", ADDRESS_ARGUMENT) \
	UDP(X, "finish-bind", (param i32 i32)) \
	UDP(X, "stream", ADDRESS_ARGUMENT) \
	UDP(X, "local-address", (param i32 i32)) \
	UDP(X, "remote-address", (param i32 i32)) \
	UDP(X, "address-family", (param i32) (result i32)) \
	UDP(X, "unicast-hop-limit", (param i32 i32)) \
	UDP(X, "set-unicast-hop-limit", (param i32 i32 i32)) \
	UDP(X, "receive-buffer-size", (param i32 i32)) \
	UDP(X, "set-receive-buffer-size", (param i32 i64 i32)) \
	UDP(X, "send-buffer-size", (param i32 i32)) \
	UDP(X, "set-send-buffer-size", (param i32 i64 i32)) \
	UDP(X, "subscribe", (param i32) (result i32)) \
	X("receive", "udp-i", "[method]incoming-datagram-stream.receive", \
	  (param i32 i64 i32)) \
	X("subscribe-incoming", "udp-i", \
	  "[method]incoming-datagram-stream.subscribe", \
	  (param i32) (result i32)) \
	X("check-send", "udp-i", \
	  "[method]outgoing-datagram-stream.check-send", (param i32 i32)) \
	X("send", "udp-i", "[method]outgoing-datagram-stream.send", \
	  (param i32 i32 i32 i32)) \
	X("subscribe-outgoing", "udp-i", \
	  "[method]outgoing-datagram-stream.subscribe", \
	  (param i32) (result i32)) \
	DROP("drop-pollable", "pollable") \
	DROP("drop-input", "input") \
	DROP("drop-output", "output") \
	DROP("drop-tcp", "tcp") \
	DROP("drop-udp", "udp") \
	DROP("drop-incoming", "incoming") \
	DROP("drop-outgoing", "outgoing") \
	DROP("drop-names", "addresses")
#define TCP(X, name, type) \
	X("tcp-" name, "tcp-i", "[method]tcp-socket." name, type)
#define UDP(X, name, type) \
	X("udp-" name, "udp-i", "[method]udp-socket." name, type)
/* Socket, network or the case of an option, address, result. */
#define ADDRESS_ARGUMENT (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 \
	i32 i32 i32 i32)
#define AS_LOWER(short, instance, name, type) LOWER(short, instance, name)
#define AS_EXPORT(short, instance, name, type) \
	"(export \"" short "\" (func $" short "))"
#define AS_IMPORT(short, instance, name, type) \
	"(import \"s\" \"" short "\" (func $" short " " AS_TEXT(type) "))"
#define AS_TEXT(type) TEXT(type)
#define DROP_EXPORT(short, type) "(export \"" short "\" (func $" short "))"
#define DROP_IMPORT(short, type) \
	"(import \"s\" \"" short "\" (func $" short " (param i32)))"

static const char sockets_helpers[] = TEXT(
  (import "memory" "memory" (memory 6))
  (import "memory" "again" (func $again))
  (global $net (mut i32) (i32.const 0))
  (func $code-at (param i32) (result i32)
    (if (result i32) (i32.load8_u (i32.const 16))
      (then (i32.load8_u (i32.add (i32.const 16) (local.get 0))))
      (else (i32.const -1))))
  (func $code (result i32) (call $code-at (i32.const 1)))
  (func $code2 (result i32) (call $code-at (i32.const 2)))
  (func $code4 (result i32) (call $code-at (i32.const 4)))
  (func $code8 (result i32) (call $code-at (i32.const 8)))
  (func $want (param i32 i32 i32)
    (if (i32.ne (local.get 0) (local.get 1))
      (then (call $exit (local.get 2)))))
  (func $fine (param $step i32)
    (call $want (i32.load8_u (i32.const 16)) (i32.const 0) (local.get $step)))
  (func $start (result i32) (global.set $net (call $network))
    (global.get $net))
  (func $new (param $family i32) (param $step i32) (result i32)
    (call $tcp (local.get $family) (i32.const 16))
    (call $fine (local.get $step))
    (i32.load (i32.const 20)))
  (func $start-bind-to (param $s i32) (param $ip i32) (param $port i32)
    (call $tcp-start-bind (local.get $s) (global.get $net) (i32.const 0)
      (local.get $port) (local.get $ip) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 16)))
  (func $start-connect-to (param $s i32) (param $ip i32) (param $port i32)
    (call $tcp-start-connect (local.get $s) (global.get $net) (i32.const 0)
      (local.get $port) (local.get $ip) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 16)))
  (func $wait (param $p i32)
    (call $block (local.get $p))
    (call $drop-pollable (local.get $p)))
  (func $listen (param $step i32) (result i32) (local $s i32)
    (local.set $s (call $new (i32.const 0) (local.get $step)))
    (call $start-bind-to (local.get $s) (i32.const 127) (i32.const 0))
    (call $fine (local.get $step))
    (call $tcp-finish-bind (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (call $tcp-start-listen (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (call $tcp-finish-listen (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (local.get $s))
  (func $port-of (param $s i32) (param $step i32) (result i32)
    (call $tcp-local-address (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (i32.load16_u (i32.const 24)))
  (func $connect (param $port i32) (param $step i32) (result i32)
    (local $s i32)
    (local.set $s (call $new (i32.const 0) (local.get $step)))
    (call $start-connect-to (local.get $s) (i32.const 127) (local.get $port))
    (call $fine (local.get $step))
    (call $wait (call $tcp-subscribe (local.get $s)))
    (call $tcp-finish-connect (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (local.get $s))
  (func $accept-one (param $s i32) (param $step i32)
    (call $wait (call $tcp-subscribe (local.get $s)))
    (call $tcp-accept (local.get $s) (i32.const 16))
    (call $fine (local.get $step)))
  (func $new-udp (param $family i32) (param $step i32) (result i32)
    (call $udp (local.get $family) (i32.const 16))
    (call $fine (local.get $step))
    (i32.load (i32.const 20)))
  (func $start-bind-udp (param $s i32) (param $ip i32) (param $port i32)
    (call $udp-start-bind (local.get $s) (global.get $net) (i32.const 0)
      (local.get $port) (local.get $ip) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 16)))
  (func $bound-udp (param $step i32) (result i32) (local $s i32)
    (local.set $s (call $new-udp (i32.const 0) (local.get $step)))
    (call $start-bind-udp (local.get $s) (i32.const 127) (i32.const 0))
    (call $fine (local.get $step))
    (call $udp-finish-bind (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (local.get $s))
  (func $port-of-udp (param $s i32) (param $step i32) (result i32)
    (call $udp-local-address (local.get $s) (i32.const 16))
    (call $fine (local.get $step))
    (i32.load16_u (i32.const 24)))
  // A stream that may send some datagrams.
  (func $permitted (result i32) (local $out i32)
    (drop (call $start))
    (call $stream-to (call $bound-udp (i32.const 1)) (i32.const 0)
      (i32.const 0) (i32.const 0))
    (local.set $out (i32.load (i32.const 24)))
    (call $check-send (local.get $out) (i32.const 16))
    (local.get $out))
  (func $stream-to (param $s i32) (param $some i32) (param $ip i32)
    (param $port i32)
    (call $udp-stream (local.get $s) (local.get $some) (i32.const 0)
      (local.get $port) (local.get $ip) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 16))));

/* clang-format on */

/* The component of a core module with these fields. It is there until the next
 * one is made. */
static inline const char *sockets_component(const char *fields)
{
	static char text[65536];
	int len = snprintf(
		text, sizeof(text),
		"(component %s %s (core instance $s %s)"
		" (core module $M %s %s %s)"
		" (core instance $m (instantiate $M (with \"s\" (instance $s))"
		" (with \"memory\" (instance $memory))))"
		" (func $run (result (result))"
		" (canon lift (core func $m \"run\")))"
		" (instance $e (export \"run\" (func $run)))"
		" (export \"wasi:cli/run@0.2.0\" (instance $e)))",
		sockets_imports, EACH_FUNCTION(AS_LOWER, DROP),
		EACH_FUNCTION(AS_EXPORT, DROP_EXPORT),
		EACH_FUNCTION(AS_IMPORT, DROP_IMPORT), sockets_helpers, fields);

	CHECK(len > 0 && (size_t)len < sizeof(text));
	return text;
}

static inline uint64_t sockets_add(uint64_t environment, const char *fields)
{
	const char *text = sockets_component(fields);
	uint64_t module = 0;

	if (lunatic_process_add_module(environment, text, strlen(text),
				       &module) != 0) {
		char reason[1000] = "";

		if (lunatic_error_string_size(module) < sizeof(reason))
			lunatic_error_to_string(module, reason);
		puts(reason);
		exit(EXIT_FAILURE);
	}
	return module;
}

static inline struct lunatic_end sockets_end(uint64_t module)
{
	start(module);
	return await();
}

/* Runs such a component, and says at which step it failed. */
static inline void sockets_run(const char *name, const char *fields)
{
	struct lunatic_end end =
		sockets_end(sockets_add(lunatic_process_this_env(), fields));

	if (end.reason == LUNATIC_RETURNED)
		return;
	printf("%s: reason %d, step %d\n", name, (int)end.reason,
	       (int)end.status);
	exit(EXIT_FAILURE);
}

/* The same, behind functions that several have. */
static inline void sockets_run_with(const char *before, const char *name,
				    const char *fields)
{
	static char text[20000];

	snprintf(text, sizeof(text), "%s %s", before, fields);
	sockets_run(name, text);
}

#endif
