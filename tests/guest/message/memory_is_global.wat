;; An export named `memory` that is a global is no memory.
;;
;; stderr~ trapped: argument `data` points outside of the exported memory \(lunatic::message::write_data\)$
;; exit: 134
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func $write (param i32 i32) (result i32)))
  (memory (export "mem") 1)
  (global (export "memory") i32 (i32.const 0))
  (func (export "_start")
    (call $create (i64.const 0) (i64.const 0))
    (drop (call $write (i32.const 0) (i32.const 1)))))
