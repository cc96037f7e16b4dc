//! Instances that are used again; what is patched into Wasmtime for them, as C
//! functions.

use wasmtime_c_api::WasmtimeStoreContextMut;
use wasmtime_c_api::wasmtime::component::{ComponentSnapshot, Instance as ComponentInstance};
use wasmtime_c_api::wasmtime::{Instance, InstanceSnapshot};

/// Notes what compiled code may change of a new instance, but for the content of
/// its memories; it serves all instances of the module. NULL: it cannot be told.
/// `*size`: the bytes that an instance takes, but for its memories.
///
/// # Safety
/// No wasm of the store is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_snapshot_new(
    store: WasmtimeStoreContextMut<'_>,
    instance: &Instance,
    size: &mut usize,
) -> Option<Box<InstanceSnapshot>> {
    let snapshot = instance.snapshot(store)?;
    *size = snapshot.instance_size();
    Some(Box::new(snapshot))
}

#[unsafe(no_mangle)]
pub extern "C" fn lunatic_engine_snapshot_delete(_snapshot: Option<Box<InstanceSnapshot>>) {}

/// Makes parts of an instance what they are in a new one of its module: the sum
/// of 1 (tables), 2 (passive segments of elements), 4 (globals), 8 (segments of
/// data), 16 (what one lacks whose startup function was left out). False: memory
/// is short, and it must not be used any more.
///
/// # Safety
/// The snapshot is of the same module, and no wasm of the store is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_snapshot_restore(
    store: WasmtimeStoreContextMut<'_>,
    instance: &Instance,
    snapshot: &InstanceSnapshot,
    parts: u32,
) -> bool {
    instance.restore(store, snapshot, parts).is_ok()
}

/// Takes over where the memories of an instance are now, and how large.
///
/// # Safety
/// No wasm of the store is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_refresh_memories(
    store: WasmtimeStoreContextMut<'_>,
    instance: &Instance,
) {
    instance.refresh_memories(store);
}

/// As `lunatic_engine_snapshot_new`, of an instance of a component, the only one
/// in its store.
///
/// # Safety
/// No wasm of the store is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_component_snapshot_new(
    store: WasmtimeStoreContextMut<'_>,
    instance: &ComponentInstance,
    size: &mut usize,
) -> Option<Box<ComponentSnapshot>> {
    let snapshot = instance.snapshot(store)?;
    *size = snapshot.instance_size();
    Some(Box::new(snapshot))
}

#[unsafe(no_mangle)]
pub extern "C" fn lunatic_engine_component_snapshot_delete(
    _snapshot: Option<Box<ComponentSnapshot>>,
) {
}

/// As `lunatic_engine_snapshot_restore`; also what calls have left is as in a new
/// one: handles, flags, borrows.
///
/// # Safety
/// The snapshot is of the same component, and no wasm of the store is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_component_snapshot_restore(
    store: WasmtimeStoreContextMut<'_>,
    instance: &ComponentInstance,
    snapshot: &ComponentSnapshot,
    parts: u32,
) -> bool {
    instance.restore(store, snapshot, parts).is_ok()
}

/// As `lunatic_engine_refresh_memories`, of all core instances.
///
/// # Safety
/// No wasm of the store is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lunatic_engine_component_refresh_memories(
    store: WasmtimeStoreContextMut<'_>,
    instance: &ComponentInstance,
) {
    instance.refresh_memories(store);
}
