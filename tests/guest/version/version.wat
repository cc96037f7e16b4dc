;; The version of the interface, whatever that of the program. It needs no
;; memory. The exit status is the number of the check that failed.
(module
  (import "lunatic::version" "major" (func $major (result i32)))
  (import "lunatic::version" "minor" (func $minor (result i32)))
  (import "lunatic::version" "patch" (func $patch (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start")
    (if (i32.ne (call $major) (i32.const 0))
      (then (call $exit (i32.const 1))))
    (if (i32.ne (call $minor) (i32.const 7))
      (then (call $exit (i32.const 2))))
    (if (i32.ne (call $patch) (i32.const 5))
      (then (call $exit (i32.const 3))))))
