//! Modules, and what they import.

use crate::{
    failure::Failure,
    hooks,
    store::{Host, Value},
};
use std::{
    ffi::{CStr, c_char, c_void},
    ptr, slice,
};
use wasmi::{
    AsContextMut, CompilationMode, Config, CustomFuelCosts, Engine, Error, ExternType, FuncType,
    Linker, ValType,
    lunatic::ResolvedImports,
};

/// Bytes of a guest's frames for each call that may be within others.
const BYTES_PER_CALL: usize = 32;

/// Bytes of a value stack at first. Processes that wait have mostly few frames.
const FIRST_STACK: usize = 256;

/// Stacks that a module keeps for its next calls.
const KEPT_STACKS: usize = 4;

/// Bytes that cost a unit of fuel when they are copied or filled, as with the
/// other engine.
const BYTES_PER_FUEL: u32 = 1;

/// Cells that a host function may have; and that most of them have at most, for
/// which the frame that stays while a guest waits is small.
const CELLS_MAX: usize = 24;
const CELLS_FEW: usize = 6;

pub struct Module {
    pub module: wasmi::Module,
    /// Functions that it imports.
    pub imports: u32,
}

pub struct Linked {
    pub module: wasmi::Module,
    pub resolved: ResolvedImports<Host>,
    pub imports: u32,
}

/// `struct ln_host_function`.
#[repr(C)]
pub struct HostFunction {
    module: *const c_char,
    name: *const c_char,
    params: *const c_char,
    results: *const c_char,
    generation: u32,
    call: unsafe extern "C" fn(*mut c_void, *mut c_void, *mut Value, usize) -> bool,
}

/// Where C keeps its table, which does not change.
#[derive(Clone, Copy)]
struct Declared(&'static HostFunction);

unsafe impl Send for Declared {}
unsafe impl Sync for Declared {}

fn configure(stack: usize) -> Config {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .fuel_cost(CustomFuelCosts {
            bytes_copied_per_fuel: BYTES_PER_FUEL,
            // Whoever is first would pay for all.
            fuel_per_bytes_translated: 0,
            fuel_per_bytes_validated: 0,
        })
        .compilation_mode(CompilationMode::LazyTranslation)
        .wasm_multi_memory(true)
        .wasm_memory64(true)
        .wasm_tail_call(true)
        .wasm_extended_const(true)
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .ignore_custom_sections(true)
        .set_max_stack_height(stack)
        .set_min_stack_height(FIRST_STACK)
        .set_max_recursion_depth(stack / BYTES_PER_CALL)
        .set_max_cached_stacks(KEPT_STACKS);
    config
}

/// # Safety
/// `bytes` has `len` readable bytes; `module` and `failure` are valid, and one of
/// them is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_module_new(
    bytes: *const u8,
    len: usize,
    stack: usize,
    module: *mut *mut Module,
    failure: *mut *mut Failure,
) -> bool {
    let bytes = unsafe { slice::from_raw_parts(bytes, len) };
    let engine = Engine::new(&configure(stack));
    match wasmi::Module::new(&engine, bytes) {
        Ok(made) => {
            let imports = made
                .imports()
                .filter(|import| matches!(import.ty(), ExternType::Func(_)))
                .count() as u32;
            let made = Box::new(Module {
                module: made,
                imports,
            });
            unsafe { ptr::write(module, Box::into_raw(made)) };
            true
        }
        Err(error) => {
            Failure::of_module(&error).give(failure);
            false
        }
    }
}

/// # Safety
/// `module` was made above; it is gone afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_module_free(module: *mut Module) {
    drop(unsafe { Box::from_raw(module) });
}

fn letters(text: *const c_char) -> impl Iterator<Item = ValType> {
    let text = unsafe { CStr::from_ptr::<'static>(text) };
    text.to_bytes().iter().map(|letter| match letter {
        b'I' => ValType::I64,
        b'f' => ValType::F32,
        b'F' => ValType::F64,
        _ => ValType::I32,
    })
}

/// Bits of a cell that belong to a value.
fn mask(ty: ValType) -> u64 {
    match ty {
        ValType::I32 | ValType::F32 => u64::from(u32::MAX),
        _ => u64::MAX,
    }
}

/// The text is elsewhere.
#[cold]
#[inline(never)]
fn trapped() -> Error {
    Error::new("")
}

/// Calls what the table says, with the arguments where C expects them.
#[inline(never)]
fn call<const CELLS: usize>(
    function: Declared,
    params: usize,
    result: Option<u64>,
    caller: &mut wasmi::Caller<'_, Host>,
    cells: *mut u64,
) -> Result<(), Error> {
    let mut values = [Value::default(); CELLS];
    for (i, value) in values[..params].iter_mut().enumerate() {
        value.low = unsafe { *cells.add(i) };
    }
    let count = params.max(usize::from(result.is_some()));
    let shared = caller.data().shared();
    let mut context = caller.as_context_mut();
    let outer = shared.enter(&mut context);
    let returned =
        unsafe { (function.0.call)(ptr::null_mut(), ptr::null_mut(), values.as_mut_ptr(), count) };
    shared.leave(outer);
    if !returned {
        return Err(trapped());
    }
    if let Some(mask) = result {
        unsafe { *cells = values[0].low & mask };
    }
    Ok(())
}

fn define(
    linker: &mut Linker<Host>,
    module: &str,
    name: &str,
    function: Declared,
    allowed: bool,
) -> Result<(), Error> {
    let params: Vec<ValType> = letters(function.0.params).collect();
    let results: Vec<ValType> = letters(function.0.results).collect();
    let count = params.len();
    let result = results.first().map(|ty| mask(*ty));
    if count > CELLS_MAX {
        return Err(Error::new("a host function has too many parameters"));
    }
    let ty = FuncType::new(params, results);
    linker.func_raw(module, name, ty, move |mut caller, cells| {
        // The whole of it, which may be sent, and not its field.
        let function: Declared = function;
        if allowed && count <= CELLS_FEW {
            return call::<CELLS_FEW>(function, count, result, &mut caller, cells);
        }
        if allowed {
            return call::<CELLS_MAX>(function, count, result, &mut caller, cells);
        }
        unsafe { (hooks().denied)(function.0) };
        Err(Error::new(""))
    })?;
    Ok(())
}

/// # Safety
/// See `rust.h`: the table has `count` functions and lives forever, and `allowed`
/// has a bit for each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_link(
    module: *const Module,
    table: *const HostFunction,
    count: usize,
    generation: u32,
    allowed: *const u64,
    linked: *mut *mut Linked,
    failure: *mut *mut Failure,
) -> bool {
    let module = unsafe { &*module };
    let table: &'static [HostFunction] = unsafe { slice::from_raw_parts(table, count) };
    let allowed = unsafe { slice::from_raw_parts(allowed, count.div_ceil(64)) };
    let mut linker = Linker::new(module.module.engine());
    linker.allow_shadowing(true);
    for import in module.module.imports() {
        let found = table.iter().enumerate().find(|(_, function)| {
            (function.generation == 0 || function.generation == generation)
                && unsafe { CStr::from_ptr(function.name) }.to_bytes() == import.name().as_bytes()
                && unsafe { CStr::from_ptr(function.module) }.to_bytes()
                    == import.module().as_bytes()
        });
        // What is not there is refused with the module's imports.
        let Some((i, function)) = found else { continue };
        let bit = allowed[i / 64] >> (i % 64) & 1 == 1;
        if let Err(error) = define(
            &mut linker,
            import.module(),
            import.name(),
            Declared(function),
            bit,
        ) {
            Failure::of_module(&error).give(failure);
            return false;
        }
    }
    let resolved = match linker.resolve(&module.module) {
        Ok(resolved) => resolved,
        Err(error) => {
            Failure::of_module(&error).give(failure);
            return false;
        }
    };
    let made = Box::new(Linked {
        module: module.module.clone(),
        resolved,
        imports: module.imports,
    });
    unsafe { ptr::write(linked, Box::into_raw(made)) };
    true
}

/// # Safety
/// `linked` was made above; it is gone afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_linked_free(linked: *mut Linked) {
    drop(unsafe { Box::from_raw(linked) });
}
