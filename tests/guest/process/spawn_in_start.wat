;; The start function of a module cannot spawn: it is guest code that runs
;; before the process does.
;;
;; exit: 134
;; stderr~ trapped: Cannot spawn process during module initialization \(lunatic::process::inherit_spawn\)$
;; stderr~ !begin$
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "child")
  (func (export "child"))
  (func $begin
    (drop (call $spawn (i64.const 0)
      (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0)
      (i32.const 8))))
  (start $begin)
  (func (export "_start")))
