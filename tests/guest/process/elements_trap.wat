;; The same for elements of a table.
;;
;; exit: 134
;; stderr~ trapped: .*(out of bounds table access|undefined element)
(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (func $f)
  (elem (i32.const 1) $f $f)
  (func (export "_start")))
