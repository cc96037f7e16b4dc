;; A module without an exported memory can use what takes no pointers, and
;; traps where there is one, also for no bytes.
;;
;; exit: 134
;; stderr~ trapped: argument `data` points outside of the exported memory \(lunatic::message::write_data\)$
;; stderr~ 0: +(0x[0-9a-f]+ - )?.*!write_to_nowhere$
;; stderr~ 1: +(0x[0-9a-f]+ - )?.*!start$
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func $write (param i32 i32) (result i32)))
  (import "lunatic::message" "data_size" (func $size (result i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory 1)
  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))
  (func $write_to_nowhere
    (drop (call $write (i32.const 0) (i32.const 0))))
  (func $start (export "_start")
    (call $create (i64.const 5) (i64.const 0))
    (call $check (i32.const 1) (i64.eqz (call $size)))
    (call $send (call $this))
    ;; No tags need no memory.
    (call $check (i32.const 2)
      (i32.eqz (call $receive (i32.const 0) (i32.const 0) (i32.const 0))))
    (call $write_to_nowhere)))
