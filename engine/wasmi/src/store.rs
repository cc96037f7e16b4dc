//! Stores, and what runs in them.

use crate::{failure::Failure, module::Linked};
use std::{
    cell::{Cell, RefCell},
    ffi::c_void,
    ptr, slice, str,
};
use wasmi::{
    AsContextMut, F32, F64, Func, Instance, Store, StoreContextMut, StoreLimits,
    StoreLimitsBuilder, V128, Val, ValType,
    lunatic::{WALK_MAX, Whereabouts, call, exported_func, whereabouts},
};

const INSTANCES: usize = 1;
const TABLES_MAX: usize = 16;
const MEMORIES_MAX: usize = 100;

/// `union ln_value`: the low half is where all but vectors are.
#[repr(C, align(8))]
#[derive(Clone, Copy, Default)]
pub struct Value {
    pub low: u64,
    pub high: u64,
}

/// What is reached while the store is borrowed.
#[derive(Default)]
pub struct Shared {
    /// The store as the youngest host function has it; null: none runs.
    context: Cell<*mut c_void>,
    /// What a host function recorded for its trap.
    trap: RefCell<Option<Vec<u8>>>,
}

impl Shared {
    /// A host function begins; returns what `leave` is to get.
    pub fn enter(&self, context: &mut StoreContextMut<'_, Host>) -> *mut c_void {
        self.context.replace((&raw mut *context).cast())
    }

    pub fn leave(&self, outer: *mut c_void) {
        self.context.set(outer);
    }
}

/// The data of a store.
pub struct Host {
    shared: *const Shared,
    limits: StoreLimits,
}

unsafe impl Send for Host {}
unsafe impl Sync for Host {}

impl Host {
    pub fn shared(&self) -> &'static Shared {
        // It outlives the store.
        unsafe { &*self.shared }
    }
}

pub struct State {
    store: Store<Host>, // dropped first
    shared: Box<Shared>,
    instance: Option<Instance>,
    linked: *const Linked, // outlives it
    last: Option<(*const u8, Func)>,
}

/// Runs `f` with the store: as the youngest host function has it, if one runs.
unsafe fn with_store<R>(
    state: *mut State,
    f: impl FnOnce(&mut StoreContextMut<'_, Host>) -> R,
) -> R {
    let context = unsafe { (*state).shared.context.get() };
    if context.is_null() {
        f(&mut unsafe { &mut (*state).store }.as_context_mut())
    } else {
        f(unsafe { &mut *context.cast::<StoreContextMut<'_, Host>>() })
    }
}

/// # Safety
/// `linked` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_store_new(
    linked: *const Linked,
    elements: u32,
    fuel: u64,
) -> *mut State {
    let linked = unsafe { &*linked };
    let shared = Box::<Shared>::default();
    let limits = StoreLimitsBuilder::new()
        .table_elements(elements as usize)
        .instances(INSTANCES)
        .tables(TABLES_MAX)
        .memories(MEMORIES_MAX)
        .build();
    let mut store = Store::new(
        linked.module.engine(),
        Host {
            shared: &raw const *shared,
            limits,
        },
    );
    store.limiter(|host| &mut host.limits);
    // It is counted: that is configured.
    store.set_fuel(fuel).expect("fuel is counted");
    Box::into_raw(Box::new(State {
        store,
        shared,
        instance: None,
        linked,
        last: None,
    }))
}

/// # Safety
/// `state` was made above; nothing of it runs, and it is gone afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_store_free(state: *mut State) {
    drop(unsafe { Box::from_raw(state) });
}

/// # Safety
/// As the former; `failure` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_instantiate(
    state: *mut State,
    linked: *const Linked,
    failure: *mut *mut Failure,
) -> bool {
    let linked = unsafe { &*linked };
    let result = unsafe {
        with_store(state, |store| {
            linked
                .resolved
                .instantiate_and_start(&mut *store, &linked.module)
        })
    };
    match result {
        Ok(instance) => {
            unsafe { (*state).instance = Some(instance) };
            true
        }
        Err(error) => {
            unsafe { fail(state, &error, failure) };
            false
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn fail(state: *mut State, error: &wasmi::Error, failure: *mut *mut Failure) {
    let recorded = unsafe { (*state).shared.trap.take() };
    let imports = unsafe { (*(*state).linked).imports };
    unsafe {
        with_store(state, |store| {
            Failure::of_call(store, error, recorded, imports)
        })
    }
    .give(failure);
}

fn to_val(value: &Value, ty: ValType) -> Val {
    match ty {
        ValType::I32 => Val::I32(value.low as u32 as i32),
        ValType::I64 => Val::I64(value.low as i64),
        ValType::F32 => Val::F32(F32::from_bits(value.low as u32)),
        ValType::F64 => Val::F64(F64::from_bits(value.low)),
        ValType::V128 => Val::V128(V128::from(
            u128::from(value.low) | u128::from(value.high) << 64,
        )),
        _ => Val::default_for_ty(ty),
    }
}

fn from_val(value: &mut Value, val: &Val) {
    match val {
        Val::I32(val) => value.low = u64::from(*val as u32),
        Val::I64(val) => value.low = *val as u64,
        Val::F32(val) => value.low = u64::from(val.to_bits()),
        Val::F64(val) => value.low = val.to_bits(),
        Val::V128(val) => {
            let bits = val.as_u128();
            value.low = bits as u64;
            value.high = (bits >> 64) as u64;
        }
        _ => value.low = 0,
    }
}

/// The parameters of a function, and behind them room for its results; how many
/// parameters there are. A frame of its own, which is gone while the guest runs.
#[inline(never)]
unsafe fn vals(
    store: &StoreContextMut<'_, Host>,
    func: Func,
    values: *const Value,
) -> (Vec<Val>, usize) {
    let ty = func.ty(store);
    let params = ty.params();
    let mut vals = Vec::with_capacity(params.len() + ty.results().len());
    for (i, ty) in params.iter().enumerate() {
        vals.push(to_val(unsafe { &*values.add(i) }, *ty));
    }
    vals.extend(ty.results().iter().map(|ty| Val::default_for_ty(*ty)));
    (vals, params.len())
}

/// The function that is exported by a name, which is where it was for the same
/// one.
#[inline(never)]
unsafe fn find(state: *mut State, name: *const u8, len: usize) -> Option<Func> {
    if let Some((at, func)) = unsafe { (*state).last }
        && at == name
    {
        return Some(func);
    }
    let text = str::from_utf8(unsafe { slice::from_raw_parts(name, len) }).ok()?;
    let instance = unsafe { (*state).instance }?;
    let module = unsafe { &(*(*state).linked).module };
    let func = unsafe { with_store(state, |store| exported_func(store, instance, module, text)) }?;
    unsafe { (*state).last = Some((name, func)) };
    Some(func)
}

#[cold]
#[inline(never)]
fn missing(failure: *mut *mut Failure) {
    Failure::of_module(&wasmi::Error::new("there is no such function")).give(failure);
}

/// # Safety
/// See `rust.h`. `name` stays where it is as long as `state`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_call(
    state: *mut State,
    name: *const u8,
    len: usize,
    params: *const Value,
    results: *mut Value,
    failure: *mut *mut Failure,
) -> bool {
    let Some(func) = (unsafe { find(state, name, len) }) else {
        missing(failure);
        return false;
    };
    let result = unsafe {
        with_store(state, |store| {
            let (mut vals, count) = vals(store, func, params);
            let (params, given) = vals.split_at_mut(count);
            call(store.as_context_mut(), &func, params, given)?;
            for (i, result) in given.iter().enumerate() {
                if results.is_null() {
                    break;
                }
                from_val(&mut *results.add(i), result);
            }
            Ok(())
        })
    };
    match result {
        Ok(()) => true,
        Err(error) => {
            unsafe { fail(state, &error, failure) };
            false
        }
    }
}

/// # Safety
/// `state` is valid; `text` has `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_record_trap(
    state: *mut State,
    text: *const u8,
    len: usize,
) {
    let text = unsafe { slice::from_raw_parts(text, len) };
    unsafe { (*state).shared.trap.replace(Some(text.to_vec())) };
}

/// # Safety
/// `state` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_fuel(state: *mut State) -> u64 {
    unsafe { with_store(state, |store| store.get_fuel().unwrap_or(0)) }
}

/// # Safety
/// `state` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_set_fuel(state: *mut State, fuel: u64) {
    unsafe { with_store(state, |store| store.set_fuel(fuel).unwrap_or(())) }
}

/// # Safety
/// `state` is valid, and `at` what `next_slice` got, while it runs, or null;
/// `functions` has room for `max`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_where(
    state: *mut State,
    at: *const c_void,
    functions: *mut u32,
    max: usize,
) -> usize {
    let mut numbers = [0; WALK_MAX];
    let found = if at.is_null() {
        unsafe {
            with_store(state, |store| {
                whereabouts(&wasmi::AsContext::as_context(&*store)).functions(&mut numbers)
            })
        }
    } else {
        unsafe { &*at.cast::<Whereabouts<'_>>() }.functions(&mut numbers)
    };
    let count = found.min(max);
    for (i, number) in numbers[..count].iter().enumerate() {
        let number = number.saturating_add(unsafe { (*(*state).linked).imports });
        unsafe { ptr::write(functions.add(i), number) };
    }
    count
}
