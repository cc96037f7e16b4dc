;; The function of the first process takes nothing.
;; engine: wasmtime
;; exit: 134
;; stderr~ the function that it exports for processes takes parameters
(component
  (core module $M
    (func (export "run") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $m (instantiate $M))
  (func $run (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32)
    (result (result)) (canon lift (core func $m "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
