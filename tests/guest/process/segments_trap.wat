;; A data segment that does not fit is found when the instance is made: it ends
;; a first process, and a child fails its link.
;;
;; exit: 134
;; stderr~ trapped: .*out of bounds memory access
(module
  (memory (export "memory") 1)
  (data (i32.const 65530) "too long for it")
  (func (export "_start")))
