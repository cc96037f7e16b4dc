;; Pointers of lunatic::message at the edges of a memory of one page: what
;; begins or ends at its last byte is fine, what lies behind it traps, also when
;; it is empty, and no sum wraps around. The exit status is the number of the
;; check that failed.
;;
;; stderr~ trapped: argument `data` points outside of the exported memory \(lunatic::message::write_data\)$
;; stderr~ trapped: argument `data` points outside of the exported memory \(lunatic::message::read_data\)$
;; stderr~ trapped: argument `tags` points outside of the exported memory \(lunatic::message::receive\)$
;; stderr~ !write_one_too_many$
;; stderr~ !write_behind$
;; stderr~ !write_empty_behind$
;; stderr~ !write_wrap$
;; stderr~ !write_all_ones$
;; stderr~ !read_one_too_many$
;; stderr~ !read_empty_behind$
;; stderr~ !read_wrap$
;; stderr~ !tags_one_too_many$
;; stderr~ !tags_wrap$
;; stderr~ !tags_wrap_product$
;; stderr~ !old_end$
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func $write (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data"
    (func $read (param i32 i32) (result i32)))
  (import "lunatic::message" "data_size" (func $size (result i64)))
  (import "lunatic::message" "get_tag" (func $tag (result i64)))
  (import "lunatic::message" "seek_data" (func $seek (param i64)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "lunatic::process" "die_when_link_dies" (func $die (param i32)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  ;; Names of entries, each with its length in front.
  (data (i32.const 256)
    "\12write_one_too_many" "\0cwrite_behind" "\12write_empty_behind"
    "\0awrite_wrap" "\0ewrite_all_ones" "\11read_one_too_many"
    "\11read_empty_behind" "\09read_wrap" "\11tags_one_too_many"
    "\09tags_wrap" "\11tags_wrap_product" "\07old_end" "\00")

  (func $fresh (call $create (i64.const 0) (i64.const 0)))

  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))

  (func $write_one_too_many (export "write_one_too_many") (call $fresh)
    (drop (call $write (i32.const 65535) (i32.const 2))))
  (func $write_behind (export "write_behind") (call $fresh)
    (drop (call $write (i32.const 65536) (i32.const 1))))
  (func $write_empty_behind (export "write_empty_behind") (call $fresh)
    (drop (call $write (i32.const 65537) (i32.const 0))))
  (func $write_wrap (export "write_wrap") (call $fresh)
    (drop (call $write (i32.const 65535) (i32.const 0xffff0002))))
  (func $write_all_ones (export "write_all_ones") (call $fresh)
    (drop (call $write (i32.const -1) (i32.const -1))))
  (func $read_one_too_many (export "read_one_too_many") (call $fresh)
    (drop (call $read (i32.const 65535) (i32.const 2))))
  (func $read_empty_behind (export "read_empty_behind") (call $fresh)
    (drop (call $read (i32.const -1) (i32.const 0))))
  (func $read_wrap (export "read_wrap") (call $fresh)
    (drop (call $read (i32.const 1) (i32.const -1))))
  ;; Each tag has 8 bytes.
  (func $tags_one_too_many (export "tags_one_too_many")
    (drop (call $receive (i32.const 65529) (i32.const 1) (i32.const 1))))
  (func $tags_wrap (export "tags_wrap")
    (drop (call $receive (i32.const 0) (i32.const -1) (i32.const 1))))
  (func $tags_wrap_product (export "tags_wrap_product")
    (drop (call $receive (i32.const 0) (i32.const 0x20000001) (i32.const 1))))
  ;; After the memory has grown its new end counts, not the old one.
  (func $old_end (export "old_end")
    (drop (memory.grow (i32.const 1)))
    (call $fresh)
    (call $check (i32.const 1)
      (i32.eq (call $write (i32.const 65535) (i32.const 65537))
        (i32.const 65537)))
    (drop (call $write (i32.const 131071) (i32.const 2))))

  (func $edges
    (call $create (i64.const 9) (i64.const 0))
    (i32.store8 (i32.const 65535) (i32.const 0xab))
    (call $check (i32.const 11)
      (i32.eq (call $write (i32.const 65535) (i32.const 1)) (i32.const 1)))
    (call $check (i32.const 12)
      (i32.eq (call $write (i32.const 65536) (i32.const 0)) (i32.const 0)))
    (call $check (i32.const 13)
      (i32.eq (call $write (i32.const 0) (i32.const 65536))
        (i32.const 65536)))
    (call $check (i32.const 14)
      (i64.eq (call $size) (i64.const 65537)))
    (call $check (i32.const 15)
      (i32.eq (call $read (i32.const 65536) (i32.const 0)) (i32.const 0)))
    (i32.store8 (i32.const 65535) (i32.const 0))
    (call $check (i32.const 16)
      (i32.eq (call $read (i32.const 65535) (i32.const 1)) (i32.const 1)))
    (call $check (i32.const 17)
      (i32.eq (i32.load8_u (i32.const 65535)) (i32.const 0xab)))
    ;; A buffer that is larger than what there is to read.
    (call $seek (i64.const 65530))
    (call $check (i32.const 18)
      (i32.eq (call $read (i32.const 0) (i32.const 65536)) (i32.const 7)))
    ;; The last 8 bytes are a tag; no tags lie anywhere.
    (call $send (call $this))
    (i64.store (i32.const 65528) (i64.const 9))
    (call $check (i32.const 19)
      (i32.eqz (call $receive
        (i32.const 65528) (i32.const 1) (i32.const 1000))))
    (call $check (i32.const 20)
      (i32.eq (call $receive (i32.const -1) (i32.const 0) (i32.const 1))
        (i32.const 9027))))

  (func (export "_start")
    (local $at i32) (local $tag i64)
    (call $edges)
    (call $die (i32.const 0))
    (local.set $at (i32.const 256))
    (loop $next
      (local.set $tag (i64.add (local.get $tag) (i64.const 1)))
      (call $check (i32.const 30)
        (i32.eqz (call $spawn (local.get $tag)
          (i32.add (local.get $at) (i32.const 1))
          (i32.load8_u (local.get $at))
          (i32.const 0) (i32.const 0) (i32.const 0))))
      (call $check (i32.add (i32.const 100) (i32.wrap_i64 (local.get $tag)))
        (i32.eq (call $receive (i32.const 0) (i32.const 0) (i32.const 5000))
          (i32.const 1)))
      (call $check (i32.add (i32.const 200) (i32.wrap_i64 (local.get $tag)))
        (i64.eq (call $tag) (local.get $tag)))
      (local.set $at (i32.add (local.get $at)
        (i32.add (i32.const 1) (i32.load8_u (local.get $at)))))
      (br_if $next (i32.load8_u (local.get $at)))))
)
