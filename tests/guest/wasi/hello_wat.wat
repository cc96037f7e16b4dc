;; The smallest WAT guest writes a line to standard output.
;; stdout: hello, world
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\0d\00\00\00hello, world\n")
  (func (export "_start")
    (if (call $fd_write
          (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))
      (then (unreachable)))))
