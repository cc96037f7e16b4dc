;; A result whose place is outside of the memory traps.
;; engine: wasmtime
;; exit: 134
;; stderr~ trapped: the result's place is not inside the memory, or not aligned \(wasi:io/streams::\[method\]output-stream.blocking-write-and-flush\)
(component
  (import "wasi:io/error@0.2.6" (instance $io-error
    (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.6" (instance $streams
    (export "output-stream" (type $os (sub resource)))
    (alias outer 1 $error (type $e))
    (export "error" (type $err (eq $e)))
    (type $s (variant (case "last-operation-failed" (own $err)) (case "closed")))
    (export "stream-error" (type $se (eq $s)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $os)) (param "contents" (list u8))
      (result (result (error $se)))))))
  (alias export $streams "output-stream" (type $output-stream))
  (alias export $streams
    "[method]output-stream.blocking-write-and-flush" (func $write))
  (import "wasi:cli/stdout@0.2.6" (instance $stdout
    (alias outer 1 $output-stream (type $o))
    (export "output-stream" (type $os (eq $o)))
    (export "get-stdout" (func (result (own $os))))))
  (alias export $stdout "get-stdout" (func $get-stdout))
  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and
        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      global.get $next
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $m (instantiate $Memory))
  (core func $get-stdout' (canon lower (func $get-stdout)))
  (core func $write' (canon lower (func $write) (memory (core memory $m "memory"))))
  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "stdout" (func $stdout (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (data (i32.const 64) "hello\n")
    (func (export "run") (result i32)
      (call $write (call $stdout) (i32.const 64) (i32.const 0) (i32.const 65530))
      (i32.load8_u (i32.const 128))))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $m "memory"))
    (export "stdout" (func $get-stdout'))
    (export "write" (func $write'))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $exports)))
