;; The seed of hash maps is drawn once for a process.
;; engine: wasmtime
(component
  (import "wasi:random/insecure-seed@0.2.0" (instance $seed
    (export "insecure-seed" (func (result (tuple u64 u64))))))
  (core module $Memory (memory (export "memory") 1))
  (core instance $m (instantiate $Memory))
  (core func $seed' (canon lower (func $seed "insecure-seed")
    (memory (core memory $m "memory"))))
  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "seed" (func $seed (param i32)))
    (func (export "run") (result i32)
      (call $seed (i32.const 16))
      (call $seed (i32.const 32))
      (i32.or
        (i64.ne (i64.load (i32.const 16)) (i64.load (i32.const 32)))
        (i32.or
          (i64.ne (i64.load (i32.const 24)) (i64.load (i32.const 40)))
          (i64.eq (i64.load (i32.const 16)) (i64.load (i32.const 24)))))))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $m "memory"))
    (export "seed" (func $seed'))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
