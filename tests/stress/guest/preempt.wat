;; Processes that never give way by themselves, in all ways there are; the first
;; process gets its turns all the same, and their kills at the end take effect.
;;
;; timeout: 60
;; stdout: done
(module
  (import "lunatic::process" "this_env" (func $this_env (result i64)))
  (import "lunatic::process" "drop_environment" (func $drop (param i64)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get"
    (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 64)
  (table 1 funcref)
  (elem (i32.const 0) $leaf)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00")
  (data (i32.const 16) "done\nabcdefghij")

  (func $leaf (param i32) (result i32) (local.get 0))
  (func (export "a") (loop $l (br $l)))
  (func (export "b") (loop $l
    (drop (call $leaf (i32.const 1))) (br $l)))
  (func (export "c") (loop $l
    (drop (call_indirect (param i32) (result i32)
      (i32.const 1) (i32.const 0))) (br $l)))
  (func $tail (export "d") (return_call $tail))
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (return)))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func (export "e") (loop $l (call $deep (i32.const 1000)) (br $l)))
  (func (export "f") (loop $l (call $drop (call $this_env)) (br $l)))
  (func (export "g") (loop $l
    (drop (call $random (i32.const 4096) (i32.const 100000))) (br $l)))
  (func (export "h") (loop $l
    (memory.copy (i32.const 4096) (i32.const 8192) (i32.const 1000000))
    (br $l)))
  (func (export "i") (loop $l
    (memory.fill (i32.const 4096) (i32.const 1) (i32.const 4000000))
    (br $l)))
  (func (export "j") (loop $l
    (drop (memory.grow (i32.const 0))) (br $l)))

  (func (export "_start") (local $i i32)
    (loop $more
      (drop (call $spawn (i64.const 0)
        (i32.add (i32.const 21) (local.get $i)) (i32.const 1)
        (i32.const 0) (i32.const 0) (i32.const 64)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 10))))
    (local.set $i (i32.const 20))
    (loop $turns
      (call $sleep (i64.const 1))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (br_if $turns (local.get $i)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))))
