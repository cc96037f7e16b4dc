//! Re-exports Wasmtime's C API, so that its symbols end up in the static
//! library that `lunatic` links, and adds what the runtime needs beside it.

mod demangle;
mod renew;

use std::sync::OnceLock;

pub use wasmtime_c_api::*;

/// Writes the readable form of a mangled function name (C++ or Rust) to `out`,
/// at most `size` bytes, UTF-8, not terminated, and returns how many. 0: the
/// name is not mangled, or takes more work than it is worth. Sets `*cut` when
/// the form is longer than what was written. Needs 1 MiB of stack.
///
/// # Safety
/// `name` has `len` readable bytes, `out` has `size` writable ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_demangle(
    name: *const u8,
    len: usize,
    out: *mut u8,
    size: usize,
    cut: *mut bool,
) -> usize {
    let name = unsafe { std::slice::from_raw_parts(name, len) };
    let out = unsafe { std::slice::from_raw_parts_mut(out, size) };
    let (written, was_cut) = demangle::demangle(name, out);
    unsafe { *cut = was_cut };
    written
}

/// Starts the threads that modules are compiled with, once for the program;
/// 0: as many as RAYON_NUM_THREADS says, or as the machine has processors.
/// Returns whether they are there; if not, parallel compilation ends the
/// program, and is to be switched off. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn lunatic_engine_start_compiler(threads: usize) -> bool {
    static STARTED: OnceLock<bool> = OnceLock::new();
    *STARTED.get_or_init(|| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("ln-compiler-{index}"))
            .build_global()
            .is_ok()
    })
}
