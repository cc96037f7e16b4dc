//! wasmi as C functions, for `src/engine/wasmi`. That folder's `rust.h` declares
//! them, and says what they do, who owns what, and which thread may call.
//!
//! Each module has an engine of its own, since an engine keeps the code of all
//! its modules until it is dropped. A host function works on the cells of its
//! caller; while it runs, `Shared::context` is the store, by which the guest can
//! be called from within, and asked for its fuel.

mod failure;
mod module;
mod store;

use std::{ffi::c_void, sync::OnceLock};
use wasmi::lunatic::{GuestHooks, MemoryHooks, Whereabouts, set_guest_hooks, set_memory_hooks};

/// What the runtime does for guests; see `rust.h`.
#[repr(C)]
pub struct Hooks {
    make: unsafe extern "C" fn(usize, *mut *mut u8) -> *mut c_void,
    grow: unsafe extern "C" fn(*mut c_void, usize, *mut *mut u8) -> bool,
    free: unsafe extern "C" fn(*mut c_void),
    next_slice: unsafe extern "C" fn(*const c_void, u64, u64, *mut u64) -> bool,
    in_bulk: unsafe extern "C" fn() -> bool,
    denied: unsafe extern "C" fn(*const module::HostFunction),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();
static MEMORY_HOOKS: OnceLock<MemoryHooks> = OnceLock::new();
static GUEST_HOOKS: GuestHooks = GuestHooks {
    next_slice,
    in_bulk,
};

pub(crate) fn hooks() -> &'static Hooks {
    HOOKS.get().expect("the hooks are set first")
}

fn next_slice(at: Whereabouts<'_>, left: u64, required: u64) -> Option<u64> {
    let mut fuel = 0;
    let goes_on =
        unsafe { (hooks().next_slice)((&raw const at).cast(), left, required, &mut fuel) };
    goes_on.then_some(fuel)
}

fn in_bulk() -> bool {
    unsafe { (hooks().in_bulk)() }
}

/// # Safety
/// `given` is valid; its functions are as `rust.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_wasmi_set_hooks(given: *const Hooks) {
    let given = unsafe { given.read() };
    let memory = MEMORY_HOOKS.get_or_init(|| MemoryHooks {
        make: given.make,
        grow: given.grow,
        free: given.free,
    });
    HOOKS.get_or_init(|| given);
    set_memory_hooks(memory);
    set_guest_hooks(&GUEST_HOOKS);
}
