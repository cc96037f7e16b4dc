// An entry of each program, beside its own: what the runtime calls.

// Processes that spawn() makes begin here.
export function _lunatic_spawn_by_index(helper: u32, entry: u32): void {
  call_indirect<void>(helper, entry);
}
