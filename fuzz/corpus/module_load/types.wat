(module
  (func (export "all") (param i32 i64 f32 f64 v128 funcref externref)
    (result i32 i64) i32.const 1 i64.const 2))
