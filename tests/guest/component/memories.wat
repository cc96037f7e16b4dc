;; The memories of all core instances count together.
;; engine: wasmtime
;; options: --max-memory 1M
;; exit: 134
;; stderr~ memory
(component
  (core module $Main
    (func (export "run") (result i32) (i32.const 0)))
  (core module $M (memory 2))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance (instantiate $M))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
