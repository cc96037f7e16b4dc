;; `_initialize` sets up each instance of the module, the first one and others,
;; before its entry is called. It is called a single time, also where it is the
;; entry. The exit status is the number of the check that failed.
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "push_process"
    (func $push (param i64) (result i64)))
  (import "lunatic::message" "take_process"
    (func $take (param i64) (result i64)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (import "lunatic::message" "get_tag" (func $tag (result i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "lunatic::process" "register"
    (func $register (param i32 i32 i32 i32 i64 i64) (result i32)))
  (import "lunatic::process" "lookup"
    (func $lookup (param i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "this_env" (func $env (result i64)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "child")
  (data (i32.const 16) "_initialize")
  (data (i32.const 32) "1.0.0")
  (global $initialized (mut i32) (i32.const 0))
  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))
  ;; Tells the first process, which is registered, under the tag 1 or more: how
  ;; often this was called.
  (func (export "_initialize")
    (global.set $initialized
      (i32.add (global.get $initialized) (i32.const 1)))
    (if (i32.eqz (call $lookup (i32.const 0) (i32.const 5)
          (i32.const 32) (i32.const 5) (i32.const 48)))
      (then
        (call $create (i64.extend_i32_u (global.get $initialized)) (i64.const 0))
        (call $send (i64.load (i32.const 48))))))
  (func (export "child")
    (call $create
      (i64.extend_i32_u (i32.add (i32.const 10) (global.get $initialized)))
      (i64.const 0))
    (call $check (i32.const 1)
      (i32.eqz (call $lookup (i32.const 0) (i32.const 5)
        (i32.const 32) (i32.const 5) (i32.const 48))))
    (call $send (i64.load (i32.const 48))))
  (func $next (param $number i32) (param $tag i64)
    (call $check (local.get $number)
      (i32.eqz (call $receive (i32.const 0) (i32.const 0) (i32.const 5000))))
    (call $check (local.get $number) (i64.eq (call $tag) (local.get $tag))))
  (func (export "_start") (local $left i32)
    (call $check (i32.const 2) (i32.eq (global.get $initialized) (i32.const 1)))
    (call $check (i32.const 3)
      (i32.eqz (call $register (i32.const 0) (i32.const 5)
        (i32.const 32) (i32.const 5) (call $env) (call $this))))
    (local.set $left (i32.const 20))
    (loop $more
      (call $check (i32.const 4)
        (i32.eqz (call $spawn (i64.const 0) (i32.const 0) (i32.const 5)
          (i32.const 0) (i32.const 0) (i32.const 56))))
      (call $next (i32.const 5) (i64.const 1))
      (call $next (i32.const 6) (i64.const 11))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    (call $check (i32.const 7)
      (i32.eqz (call $spawn (i64.const 0) (i32.const 16) (i32.const 11)
        (i32.const 0) (i32.const 0) (i32.const 56))))
    (call $next (i32.const 8) (i64.const 1))
    (call $check (i32.const 9)
      (i32.eq (call $receive (i32.const 0) (i32.const 0) (i32.const 50))
        (i32.const 9027)))))
