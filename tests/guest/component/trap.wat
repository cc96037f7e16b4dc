;; A trap in a component is one of its process.
;; engine: wasmtime
;; exit: 134
;; stderr~ trapped: wasm `unreachable` instruction executed
(component
  (core module $Main
    (func (export "run") (result i32) unreachable))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
