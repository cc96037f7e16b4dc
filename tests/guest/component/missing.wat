;; What is missing is refused by the name of its interface and its own.
;; engine: wasmtime
;; exit: 1
;; stderr~ the component imports `no-such` of `wasi:cli/environment@0.2.0`, which this version of lunatic does not provide
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "no-such" (func (result u32)))))
  (core module $Main
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
