;; What traps outside of a catch ends the process, also after others were
;; caught, whose texts are gone. An uncaught exception is a trap.
;; engine: wasmtime
;; exit: 134
;; stderr~ ^lunatic: process [0-9a-f-]+ trapped: error 7 does not exist \(lunatic::error::string_size\)
(module
  (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
  (import "lunatic::error" "string_size"
    (func $size (param i64) (result i32)))
  (tag $tag (param i32))
  (func (export "_lunatic_catch_trap") (param i32 i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 1))
      (then (throw $tag (i32.const 5))))
    (drop (call $size (i64.const 6)))
    (i32.const 1))
  (func (export "_start")
    (if (call $catch (i32.const 0) (i32.const 2)) (then (return)))
    (if (call $catch (i32.const 1) (i32.const 2)) (then (return)))
    (if (call $catch (i32.const 1) (i32.const 2)) (then (return)))
    (drop (call $size (i64.const 7)))))
