;; What a process holds by handles of processes is bounded.
;; engine: wasmtime
;; options: --max-handles 100
;; exit: 134
;; stderr~ trapped: the process holds too many resources \(lunatic:process/processes::current\)
(component
  (import "lunatic:process/processes@0.1.0" (instance $P
    (export "process" (type $p (sub resource)))
    (type $e (variant (case "no-worker") (case "refused" string)))
    (export "spawn-error" (type $se (eq $e)))
    (type $o (record (field "link" (option u64))
      (field "processes" (list (borrow $p)))))
    (export "spawn-options" (type $so (eq $o)))
    (type $s (record (field "function" string) (field "argument" (list u8))
      (field "processes" (list (own $p)))))
    (export "startup" (type $su (eq $s)))
    (export "[method]process.id" (func (param "self" (borrow $p)) (result u64)))
    (export "[method]process.duplicate"
      (func (param "self" (borrow $p)) (result (own $p))))
    (export "[method]process.kill" (func (param "self" (borrow $p))))
    (export "current" (func (result (own $p))))
    (export "find" (func (param "id" u64) (result (option (own $p)))))
    (export "spawn" (func (param "function" string)
      (param "argument" (list u8)) (result (result (own $p) (error $se)))))
    (export "spawn-with" (func (param "function" string)
      (param "argument" (list u8)) (param "options" $so)
      (result (result (own $p) (error $se)))))
    (export "take-startup" (func (result (option $su))))
    (export "sleep" (func (param "milliseconds" u64)))
    (export "set-label" (func (param "label" string)))))
  (alias export $P "process" (type $process))
  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and
        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      global.get $next
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $m (instantiate $Memory))
  (alias core export $m "memory" (core memory $memory))
  (alias core export $m "realloc" (core func $realloc))
  (core func $current (canon lower (func $P "current")
    (memory $memory) (realloc $realloc)))
  (core func $drop (canon resource.drop $process))
  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "current" (func $current (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func $check (param i32)
      (if (i32.eqz (local.get 0)) (then unreachable)))
    (func (export "run") (result i32)
      (loop (drop (call $current)) (br 0))
      (i32.const 0)))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $memory))
    (export "current" (func $current))
    (export "drop" (func $drop))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
