;; Handles of the guest's own resources are bounded.
;; engine: wasmtime
;; exit: 134
;; stderr~ trapped: cannot allocate another handle: store handle limit exceeded
(component
  (core module $Main
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "run") (result i32)
      (loop (drop (call $new (i32.const 1))) (br 0)) (i32.const 0)))
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (core instance $main (instantiate $Main (with "" (instance
    (export "new" (func $new))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
