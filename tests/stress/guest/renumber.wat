;; A plugin that gives all functions of a module other numbers, by an import
;; that nobody calls, and copies the last one that is exported as "_start".
(module
  (import "lunatic::plugin" "add_function_type"
    (func $type (param i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::plugin" "add_function_import"
    (func $import (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::plugin" "find_function"
    (func $find (param i32 i32 i32) (result i32)))
  (import "lunatic::plugin" "copy_function"
    (func $copy (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\7f")
  (data (i32.const 16) "lunatic::version")
  (data (i32.const 32) "major")
  (data (i32.const 48) "_start")
  (func $must (param i32) (if (local.get 0) (then unreachable)))
  (func (export "lunatic_create_module_hook")
    (call $must (call $type (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 64)))
    (call $must (call $import (i32.const 16) (i32.const 16) (i32.const 32)
      (i32.const 5) (i32.load (i32.const 64)) (i32.const 72)))
    (if (i32.eqz (call $find (i32.const 48) (i32.const 6) (i32.const 80)))
      (then (call $must (call $copy (i32.load (i32.const 80))
        (i32.const 88)))))))
