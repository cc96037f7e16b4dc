;; A start function of the first process that exits decides the status of the
;; program; `_start` does not run.
;;
;; exit: 9
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func $begin (call $exit (i32.const 9)))
  (start $begin)
  (func (export "_start") unreachable))
