;; The function has another type.
;; exit: 134
;; stderr~ ^lunatic: process [0-9a-f-]+ trapped: the module exports no function `_lunatic_catch_trap` of type \(i32, i32\) -> i32 \(lunatic::trap::catch\)
(module
  (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
  (func (export "_lunatic_catch_trap") (param i32 i64) (result i32)
    (i32.const 1))
  (func (export "_start") (drop (call $catch (i32.const 1) (i32.const 2)))))
