;; Pointers of lunatic::process at the edges of the memory, also for empty names
;; and parameters, and the trap where they lie behind it. The exit status is the
;; number of the check that failed.
;;
;; stderr~ trapped: argument `function` points outside of the exported memory \(lunatic::process::inherit_spawn\)$
;; stderr~ trapped: argument `params` points outside of the exported memory \(lunatic::process::inherit_spawn\)$
;; stderr~ trapped: argument `id` points outside of the exported memory \(lunatic::process::inherit_spawn\)$
;; stderr~ trapped: argument `uuid` points outside of the exported memory \(lunatic::process::id\)$
;; stderr~ trapped: argument `id` points outside of the exported memory \(lunatic::process::add_this_module\)$
;; stderr~ trapped: argument `function` points outside of the exported memory \(lunatic::process::spawn\)$
;; stderr~ trapped: argument `text` points outside of the exported memory \(lunatic::error::to_string\)$
;; stderr~ !name_behind$
;; stderr~ !name_wrap$
;; stderr~ !params_empty_behind$
;; stderr~ !id_one_too_far$
;; stderr~ !uuid_one_too_far$
;; stderr~ !module_one_too_far$
;; stderr~ !spawn_name_behind$
;; stderr~ !text_one_too_far$
;; stderr~ !text_wrap$
(module
  (import "lunatic::error" "string_size" (func $size (param i64) (result i32)))
  (import "lunatic::error" "to_string" (func $text (param i64 i32)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::message" "get_tag" (func $tag (result i64)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "lunatic::process" "id" (func $id (param i64 i32)))
  (import "lunatic::process" "this_env" (func $env (result i64)))
  (import "lunatic::process" "add_this_module"
    (func $add (param i64 i32) (result i32)))
  (import "lunatic::process" "die_when_link_dies" (func $die (param i32)))
  (import "lunatic::process" "spawn"
    (func $spawn_from (param i64 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  ;; Names of entries, each with its length in front.
  (data (i32.const 256)
    "\0bname_behind" "\09name_wrap" "\13params_empty_behind"
    "\0eid_one_too_far" "\10uuid_one_too_far" "\12module_one_too_far"
    "\11spawn_name_behind" "\10text_one_too_far" "\09text_wrap" "\00")
  ;; A name that is the last byte of the memory.
  (data (i32.const 65535) "e")
  (func $end (export "e"))
  (func $empty (export ""))

  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))

  (func $name_behind (export "name_behind")
    (drop (call $spawn (i64.const 0)
      (i32.const 65536) (i32.const 1) (i32.const 0) (i32.const 0)
      (i32.const 0))))
  (func $name_wrap (export "name_wrap")
    (drop (call $spawn (i64.const 0)
      (i32.const 65535) (i32.const -1) (i32.const 0) (i32.const 0)
      (i32.const 0))))
  (func $params_empty_behind (export "params_empty_behind")
    (drop (call $spawn (i64.const 0)
      (i32.const 65535) (i32.const 1) (i32.const 65537) (i32.const 0)
      (i32.const 0))))
  (func $id_one_too_far (export "id_one_too_far")
    (drop (call $spawn (i64.const 0)
      (i32.const 65535) (i32.const 1) (i32.const 0) (i32.const 0)
      (i32.const 65529))))
  (func $uuid_one_too_far (export "uuid_one_too_far")
    (call $id (call $this) (i32.const 65521)))
  (func $module_one_too_far (export "module_one_too_far")
    (drop (call $add (call $env) (i32.const 65529))))
  (func $spawn_name_behind (export "spawn_name_behind")
    (drop (call $add (call $env) (i32.const 0)))
    (drop (call $spawn_from (i64.const 0) (i64.load (i32.const 0))
      (i32.const 65537) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0))))
  (func $make_error (result i64)
    (call $check (i32.const 2)
      (call $spawn (i64.const 0)
        (i32.const 65534) (i32.const 2) (i32.const 0) (i32.const 0)
        (i32.const 0)))
    (i64.load (i32.const 0)))
  (func $text_one_too_far (export "text_one_too_far") (local $error i64)
    (local.set $error (call $make_error))
    (call $text (local.get $error)
      (i32.sub (i32.const 65537) (call $size (local.get $error)))))
  (func $text_wrap (export "text_wrap")
    (call $text (call $make_error) (i32.const -1)))

  (func $edges (local $error i64)
    (call $check (i32.const 10)
      (i32.eqz (call $spawn (i64.const 0)
        (i32.const 65535) (i32.const 1) (i32.const 65536) (i32.const 0)
        (i32.const 65528))))
    ;; The id is there, little-endian; it overwrote the name.
    (call $check (i32.const 11) (i64.eqz (i64.load (i32.const 65528))))
    (i32.store8 (i32.const 65535) (i32.const 0x65))
    ;; An empty name is a name.
    (call $check (i32.const 12)
      (i32.eqz (call $spawn (i64.const 0)
        (i32.const 65536) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0))))
    (call $id (call $this) (i32.const 65520))
    (call $check (i32.const 13)
      (i32.eq (i32.and (i32.load8_u (i32.const 65529)) (i32.const 0xf0))
        (i32.const 0x40)))
    (call $check (i32.const 14)
      (i32.eqz (call $add (call $env) (i32.const 65528))))
    (i32.store8 (i32.const 65535) (i32.const 0x65))
    ;; A text that ends with the last byte, and one that would not.
    (local.set $error (call $make_error))
    (call $text (local.get $error)
      (i32.sub (i32.const 65536) (call $size (local.get $error))))
    (call $check (i32.const 15) (i32.load8_u (i32.const 65535)))
    (i32.store8 (i32.const 65535) (i32.const 0x65)))

  (func $start (export "_start")
    (local $at i32) (local $n i64)
    (call $edges)
    (call $die (i32.const 0))
    (local.set $at (i32.const 256))
    (loop $next
      (local.set $n (i64.add (local.get $n) (i64.const 1)))
      (call $check (i32.const 30)
        (i32.eqz (call $spawn (local.get $n)
          (i32.add (local.get $at) (i32.const 1))
          (i32.load8_u (local.get $at))
          (i32.const 0) (i32.const 0) (i32.const 0))))
      (call $check (i32.add (i32.const 100) (i32.wrap_i64 (local.get $n)))
        (i32.eq (call $receive (i32.const 0) (i32.const 0) (i32.const 5000))
          (i32.const 1)))
      (call $check (i32.add (i32.const 200) (i32.wrap_i64 (local.get $n)))
        (i64.eq (call $tag) (local.get $n)))
      (local.set $at (i32.add (local.get $at)
        (i32.add (i32.const 1) (i32.load8_u (local.get $at)))))
      (br_if $next (i32.load8_u (local.get $at))))))
