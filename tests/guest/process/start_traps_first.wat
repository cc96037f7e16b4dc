;; A trap in the start function of the first process ends the program as one in
;; `_start` does.
;;
;; exit: 134
;; stderr~ ^lunatic: process [0-9a-f-]{36} trapped: wasm `unreachable` instruction executed$
;; stderr~ !inner$
;; stderr~ !begin$
(module
  (func $inner unreachable)
  (func $begin (call $inner))
  (start $begin)
  (func (export "_start")))
