;; A type that has itself in it is refused.
;; engine: wasmtime
;; exit: 1
;; stderr~ unknown type 0: type index out of bounds
(component
  (type $list (list $list))
  (core module $Main (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
