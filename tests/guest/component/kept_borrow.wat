;; Who is lent a resource, and does not give it back before the call ends,
;; traps; the one who has lent it is a part of the same process.
;; engine: wasmtime
;; exit: 134
;; stderr~ trapped: borrow handles still remain at the end of the call
(component
  (component $Owner
    (type $R (resource (rep i32)))
    (core func $new (canon resource.new $R))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 5))))
    (core instance $m
      (instantiate $M (with "" (instance (export "new" (func $new))))))
    (export $E "r" (type $R))
    (func (export "make") (result (own $E)) (canon lift (core func $m "make"))))
  (component $Keeper
    (import "r" (type $R (sub resource)))
    (core module $M (func (export "keep") (param i32)))
    (core instance $m (instantiate $M))
    (func (export "keep") (param "r" (borrow $R))
      (canon lift (core func $m "keep"))))
  (component $User
    (import "r" (type $R (sub resource)))
    (import "make" (func $make (result (own $R))))
    (import "keep" (func $keep (param "r" (borrow $R))))
    (core func $make' (canon lower (func $make)))
    (core func $keep' (canon lower (func $keep)))
    (core module $M
      (import "" "make" (func $make (result i32)))
      (import "" "keep" (func $keep (param i32)))
      (func (export "run") (result i32)
        (call $keep (call $make))
        (i32.const 0)))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make'))
      (export "keep" (func $keep'))))))
    (func $run (result (result)) (canon lift (core func $m "run")))
    (instance $exports (export "run" (func $run)))
    (export "run" (instance $exports)))
  (instance $owner (instantiate $Owner))
  (instance $keeper
    (instantiate $Keeper (with "r" (type $owner "r"))))
  (instance $user (instantiate $User
    (with "r" (type $owner "r"))
    (with "make" (func $owner "make"))
    (with "keep" (func $keeper "keep"))))
  (export "wasi:cli/run@0.2.0" (instance $user "run")))
