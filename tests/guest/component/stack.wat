;; The stack is bounded.
;; engine: wasmtime
;; exit: 134
;; stderr~ call stack exhausted
(component
  (core module $Main
    (func $run (export "run") (result i32) (i32.add (call $run) (call $run))))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
