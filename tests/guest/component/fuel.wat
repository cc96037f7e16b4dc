;; A loop ends when its fuel does.
;; engine: wasmtime
;; options: --max-fuel 1
;; exit: 134
;; stderr~ all fuel consumed
(component
  (core module $Main
    (func (export "run") (result i32) (loop (br 0)) (i32.const 0)))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
