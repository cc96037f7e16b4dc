;; Of several memories, pointers mean the one that is exported as `memory`.
;;
;; stderr~ trapped: argument `data` points outside of the exported memory \(lunatic::message::read_data\)$
;; exit: 134
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func $write (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data"
    (func $read (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory $first 2)
  (memory $second (export "memory") 1)
  (data (memory $first) (i32.const 0) "wrong")
  (data (memory $second) (i32.const 0) "right")
  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))
  (func (export "_start")
    (call $create (i64.const 0) (i64.const 0))
    (drop (call $write (i32.const 0) (i32.const 5)))
    (call $check (i32.const 1)
      (i32.eq (call $read (i32.const 100) (i32.const 5)) (i32.const 5)))
    (call $check (i32.const 2)
      (i32.eq (i32.load8_u $second (i32.const 100)) (i32.const 0x72)))
    (call $check (i32.const 3)
      (i32.eqz (i32.load8_u $first (i32.const 100))))
    ;; Inside the first one, outside of the one that counts.
    (drop (call $read (i32.const 65536) (i32.const 1)))))
