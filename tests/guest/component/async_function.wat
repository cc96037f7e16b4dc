;; What WASI 0.3 adds to the component model is refused by name.
;; engine: wasmtime
;; exit: 1
;; stderr~ the component is made for WASI 0.3, .* build it for WASI 0.2
(component
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance
    (export "wait-for" (func async (param "how-long" u64))))))
