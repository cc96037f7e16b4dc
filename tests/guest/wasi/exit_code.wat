;; proc_exit ends the program with its code, from within a call and a loop.
;; exit: 42
;; stdout: before
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\07\00\00\00before\n")
  (func $leave
    (loop $again
      (call $proc_exit (i32.const 42))
      (br $again)))
  (func (export "_start")
    (drop (call $fd_write
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (call $leave)
    (unreachable)))
