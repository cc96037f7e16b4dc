;; exit(err) is status 1, and ends the process.
;; engine: wasmtime
;; exit: 1
(component
  (import "wasi:cli/exit@0.2.0" (instance $exit-i
    (export "exit" (func (param "status" (result))))))
  (alias export $exit-i "exit" (func $exit))
  (core func $exit' (canon lower (func $exit)))
  (core module $Main
    (import "" "exit" (func $exit (param i32)))
    (func (export "run") (result i32)
      (call $exit (i32.const 1)) unreachable))
  (core instance $main (instantiate $Main (with "" (instance
    (export "exit" (func $exit'))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
