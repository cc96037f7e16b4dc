;; Lists are allocated by the guest, whose memory may move in that.
;; engine: wasmtime
(component
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (alias export $random "get-random-bytes" (func $bytes))
  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "bytes" (func $bytes (param i64 i32)))
    (func (export "run") (result i32)
      (call $bytes (i64.const 1000) (i32.const 16))
      (i32.or (i32.ne (i32.load (i32.const 16)) (i32.const 1024))
        (i32.or (i32.ne (i32.load (i32.const 20)) (i32.const 1000))
          (i64.eqz (i64.load (i32.const 1024)))))))
  (core module $Memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (drop (memory.grow (i32.const 30))) (i32.const 1024)))
  (core instance $m (instantiate $Memory))
  (core func $bytes' (canon lower (func $bytes) (memory (core memory $m "memory"))
    (realloc (core func $m "realloc"))))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $m "memory")) (export "bytes" (func $bytes'))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
