;; Streams of the component model are those of WASI 0.3.
;; engine: wasmtime
;; exit: 1
;; stderr~ the component is made for WASI 0.3, .* build it for WASI 0.2
(component
  (type $bytes (stream u8))
  (import "wasi:cli/stdout@0.3.0" (instance
    (export "write-via-stream" (func (param "data" (stream u8)))))))
