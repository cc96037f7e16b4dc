;; The start function runs before there is anything to call.
;; exit: 134
;; stderr~ the module is still being instantiated \(lunatic::trap::catch\)
(module
  (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
  (func (export "_lunatic_catch_trap") (param i32 i32) (result i32)
    (i32.const 1))
  (func $start (drop (call $catch (i32.const 1) (i32.const 2))))
  (start $start)
  (func (export "_start")))
