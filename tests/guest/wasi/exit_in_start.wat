;; proc_exit in the start function, while the module is being instantiated.
;; exit: 3
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $begin
    (call $proc_exit (i32.const 3)))
  (start $begin)
  (func (export "_start")
    (unreachable)))
