//! Why something failed: a reason in words, and the functions that were being
//! called. The words are those that the other engine has for the same trap.

use std::ptr;
use wasmi::{
    Error, StoreContextMut, TrapCode,
    errors::ErrorKind,
    lunatic::{WALK_MAX, trapped},
};

pub struct Failure {
    reason: Vec<u8>,
    functions: [u32; WALK_MAX],
    count: usize,
}

/// Why a function that is valid cannot be translated.
const TOO_LARGE: &str = "a function has more locals and operands than the engine wasmi can run";

fn words(code: TrapCode) -> &'static str {
    match code {
        TrapCode::UnreachableCodeReached => "wasm `unreachable` instruction executed",
        TrapCode::MemoryOutOfBounds => "out of bounds memory access",
        TrapCode::TableOutOfBounds => "undefined element: out of bounds table access",
        TrapCode::IndirectCallToNull => "uninitialized element",
        TrapCode::IntegerDivisionByZero => "integer divide by zero",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::BadConversionToInteger => "invalid conversion to integer",
        TrapCode::StackOverflow => "call stack exhausted",
        TrapCode::BadSignature => "indirect call type mismatch",
        TrapCode::OutOfFuel => "all fuel consumed by WebAssembly",
        TrapCode::GrowthOperationLimited => "a limit of the process is reached",
        TrapCode::OutOfSystemMemory => "memory is short",
    }
}

impl Failure {
    /// Of a call, or of instantiating. `recorded` is what a host function said;
    /// functions are numbered with the module's `imports`.
    pub fn of_call<T>(
        store: &StoreContextMut<'_, T>,
        error: &Error,
        recorded: Option<Vec<u8>>,
        imports: u32,
    ) -> Self {
        let mut functions = [0; WALK_MAX];
        let ran = error.as_trap_code().is_some() || recorded.is_some();
        let count = if ran {
            trapped(store, &mut functions)
        } else {
            0
        };
        for function in &mut functions[..count] {
            *function = function.saturating_add(imports);
        }
        Self {
            reason: match (recorded, error.kind(), error.as_trap_code()) {
                (Some(text), ErrorKind::Message(_), _) => text,
                (_, _, Some(code)) => words(code).into(),
                (_, ErrorKind::Translation(_), _) => TOO_LARGE.into(),
                _ => error.to_string().into(),
            },
            functions,
            count,
        }
    }

    /// Of a module that is refused.
    pub fn of_module(error: &Error) -> Self {
        Self {
            reason: error.to_string().into(),
            functions: [0; WALK_MAX],
            count: 0,
        }
    }

    pub fn give(self, to: *mut *mut Failure) {
        unsafe { ptr::write(to, Box::into_raw(Box::new(self))) };
    }
}

/// # Safety
/// `failure` is one that was given; `len` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_failure_reason(
    failure: *const Failure,
    len: *mut usize,
) -> *const u8 {
    let failure = unsafe { &*failure };
    unsafe { *len = failure.reason.len() };
    failure.reason.as_ptr()
}

/// # Safety
/// `failure` is one that was given; `count` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_failure_functions(
    failure: *const Failure,
    count: *mut usize,
) -> *const u32 {
    let failure = unsafe { &*failure };
    unsafe { *count = failure.count };
    failure.functions.as_ptr()
}

/// # Safety
/// `failure` is one that was given, or null; it is gone afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_failure_free(failure: *mut Failure) {
    if !failure.is_null() {
        drop(unsafe { Box::from_raw(failure) });
    }
}
