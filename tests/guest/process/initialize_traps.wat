;; What traps in `_initialize` has failed, and its entry is not called.
;;
;; exit: 134
;; stderr~ trapped: .*unreachable
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_initialize") unreachable)
  (func (export "_start") (call $exit (i32.const 0))))
