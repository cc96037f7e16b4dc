;; A directory has no bytes, whichever rights its descriptor has.
;; engine: wasmtime
;; options: --dir .
(component
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "input-stream" (type (sub resource)))
    (export "output-stream" (type (sub resource)))))
  (alias export $streams "input-stream" (type $is))
  (alias export $streams "output-stream" (type $os))
  (import "wasi:filesystem/types@0.2.0" (instance $types
    (alias outer 1 $is (type $i))
    (export "input-stream" (type $is (eq $i)))
    (alias outer 1 $os (type $o))
    (export "output-stream" (type $os (eq $o)))
    (export "descriptor" (type $d (sub resource)))
    (type $c (enum "access" "would-block" "already" "bad-descriptor" "busy"
      "deadlock" "quota" "exist" "file-too-large" "illegal-byte-sequence"
      "in-progress" "interrupted" "invalid" "io" "is-directory" "loop"
      "too-many-links" "message-size" "name-too-long" "no-device" "no-entry"
      "no-lock" "insufficient-memory" "insufficient-space" "not-directory"
      "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device"
      "overflow" "not-permitted" "pipe" "read-only" "invalid-seek"
      "text-file-busy" "cross-device"))
    (export "error-code" (type $code (eq $c)))
    (export "[method]descriptor.read-via-stream" (func
      (param "self" (borrow $d)) (param "offset" u64)
      (result (result (own $is) (error $code)))))
    (export "[method]descriptor.write-via-stream" (func
      (param "self" (borrow $d)) (param "offset" u64)
      (result (result (own $os) (error $code)))))
    (export "[method]descriptor.read" (func
      (param "self" (borrow $d)) (param "length" u64) (param "offset" u64)
      (result (result (tuple (list u8) bool) (error $code)))))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (alias outer 1 $descriptor (type $e))
    (export "descriptor" (type $d (eq $e)))
    (export "get-directories" (func
      (result (list (tuple (own $d) string)))))))
  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and
        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      global.get $next
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $m (instantiate $Memory))
  (core func $directories (canon lower (func $preopens "get-directories")
    (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (core func $to-read (canon lower
    (func $types "[method]descriptor.read-via-stream")
    (memory (core memory $m "memory"))))
  (core func $to-write (canon lower
    (func $types "[method]descriptor.write-via-stream")
    (memory (core memory $m "memory"))))
  (core func $read (canon lower (func $types "[method]descriptor.read")
    (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "directories" (func $directories (param i32)))
    (import "" "to-read" (func $to-read (param i32 i64 i32)))
    (import "" "to-write" (func $to-write (param i32 i64 i32)))
    (import "" "read" (func $read (param i32 i64 i64 i32)))
    (func $want (param i32)
      (if (i32.or (i32.ne (i32.load8_u (i32.const 64)) (i32.const 1))
          (i32.ne (i32.load8_u (local.get 0)) (i32.const 14)))
        (then unreachable))
      (i64.store (i32.const 64) (i64.const 0)))
    (func (export "run") (result i32) (local $d i32)
      (call $directories (i32.const 16))
      (local.set $d (i32.load (i32.load (i32.const 16))))
      (call $to-read (local.get $d) (i64.const 0) (i32.const 64))
      (call $want (i32.const 68))
      (call $to-write (local.get $d) (i64.const 0) (i32.const 64))
      (call $want (i32.const 68))
      (call $read (local.get $d) (i64.const 1) (i64.const 0) (i32.const 64))
      (call $want (i32.const 68))
      i32.const 0))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $m "memory"))
    (export "directories" (func $directories))
    (export "to-read" (func $to-read))
    (export "to-write" (func $to-write))
    (export "read" (func $read))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
