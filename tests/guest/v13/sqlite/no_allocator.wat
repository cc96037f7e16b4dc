;; A guest without an allocator gets no results that need one.
;; exit: 134
;; stderr~ ^lunatic: process [0-9a-f-]+ trapped: the module exports no function `lunatic_alloc` of type \(i32\) -> i32 to allocate the result with \(lunatic::sqlite::read_row\)
(module
  (import "lunatic::sqlite" "open"
    (func $open (param i32 i32 i32) (result i64)))
  (import "lunatic::sqlite" "query_prepare"
    (func $prepare (param i64 i32 i32) (result i64)))
  (import "lunatic::sqlite" "read_row"
    (func $read (param i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "SELECT 1")
  (func (export "lunatic_alloc") (param i64) (result i32) (i32.const 0))
  (func (export "_start")
    ;; The id at address 0, as lunatic's library for Rust has it.
    (if (i64.ne (call $open (i32.const 0) (i32.const 0) (i32.const 0))
                (i64.const 0))
      (then (unreachable)))
    (if (i64.ne (i64.load (i32.const 0)) (i64.const 0))
      (then (unreachable)))
    (drop (call $read
      (call $prepare (i64.const 0) (i32.const 64) (i32.const 8))
      (i32.const 0)))))
