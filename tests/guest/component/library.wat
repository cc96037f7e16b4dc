;; A component without wasi:cli/run is no program.
;; engine: wasmtime
;; exit: 1
;; stderr~ or as a component no `wasi:cli/run`
(component)
