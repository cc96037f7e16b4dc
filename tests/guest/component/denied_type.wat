;; An import of another type than ours is refused, with both types.
;; engine: wasmtime
;; exit: 1
;; stderr~ imports `exit` of `wasi:cli/exit@0.2.0` as another type than it has here: it has the type \(u32\), not \(result<_,_>\)
(component
  (import "wasi:cli/exit@0.2.0" (instance $exit-i
    (export "exit" (func (param "status" u32)))))
  (core module $Main
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $Main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
