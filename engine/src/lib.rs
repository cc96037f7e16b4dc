//! Re-exports Wasmtime's C API, so that its symbols end up in the static
//! library that `lunatic` links.

pub use wasmtime_c_api::*;
