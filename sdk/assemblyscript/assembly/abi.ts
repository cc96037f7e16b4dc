// The host functions: docs/abi.md.

@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: i32, pieces: usize, count: i32, written: usize): i32;
@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clock_time_get(clock: i32, precision: u64, time: usize): i32;
@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function args_sizes_get(count: usize, size: usize): i32;
@external("wasi_snapshot_preview1", "args_get")
export declare function args_get(list: usize, data: usize): i32;
@external("wasi_snapshot_preview1", "proc_exit")
export declare function proc_exit(status: u32): void;

@external("lunatic::error", "string_size")
export declare function error_string_size(id: u64): u32;
@external("lunatic::error", "to_string")
export declare function error_to_string(id: u64, text: usize): void;
@external("lunatic::error", "drop")
export declare function error_drop(id: u64): void;

@external("lunatic::message", "create_data")
export declare function message_create(tag: i64, capacity: u64): void;
@external("lunatic::message", "write_data")
export declare function message_write(data: usize, size: u32): u32;
@external("lunatic::message", "read_data")
export declare function message_read(data: usize, size: u32): u32;
@external("lunatic::message", "data_size")
export declare function message_size(): u64;
@external("lunatic::message", "get_tag")
export declare function message_tag(): i64;
@external("lunatic::message", "push_process")
export declare function message_push_process(id: u64): u64;
@external("lunatic::message", "take_process")
export declare function message_take_process(index: u64): u64;
@external("lunatic::message", "push_tcp_stream")
export declare function message_push_stream(id: u64): u64;
@external("lunatic::message", "take_tcp_stream")
export declare function message_take_stream(index: u64): u64;
@external("lunatic::message", "send")
export declare function message_send(process: u64): void;
@external("lunatic::message", "new_tag")
export declare function message_new_tag(): i64;
@external("lunatic::message", "request")
export declare function message_request(process: u64, timeout: u32): u32;
@external("lunatic::message", "receive")
export declare function message_receive(tags: usize, count: u32, timeout: u32): u32;
@external("lunatic::message", "try_receive")
export declare function message_try_receive(tags: usize, count: u32): u32;

@external("lunatic::networking", "resolve")
export declare function net_resolve(name: usize, size: u32, timeout: u32, id: usize): u32;
@external("lunatic::networking", "resolve_next")
export declare function net_resolve_next(iterator: u64, version: usize, ip: usize, port: usize, flow: usize, scope: usize): u32;
@external("lunatic::networking", "drop_dns_iterator")
export declare function net_drop_iterator(id: u64): void;
@external("lunatic::networking", "tcp_bind")
export declare function net_bind(version: u32, ip: usize, port: u32, flow: u32, scope: u32, id: usize): u32;
@external("lunatic::networking", "local_addr")
export declare function net_local_addr(listener: u64, id: usize): u32;
@external("lunatic::networking", "drop_tcp_listener")
export declare function net_drop_listener(id: u64): void;
@external("lunatic::networking", "tcp_accept")
export declare function net_accept(listener: u64, id: usize, peer: usize): u32;
@external("lunatic::networking", "tcp_connect")
export declare function net_connect(version: u32, ip: usize, port: u32, flow: u32, scope: u32, timeout: u32, id: usize): u32;
@external("lunatic::networking", "drop_tcp_stream")
export declare function net_drop_stream(id: u64): void;
@external("lunatic::networking", "clone_tcp_stream")
export declare function net_clone_stream(id: u64): u64;
@external("lunatic::networking", "tcp_write_vectored")
export declare function net_write(stream: u64, pieces: usize, count: u32, timeout: u32, result: usize): u32;
@external("lunatic::networking", "tcp_read")
export declare function net_read(stream: u64, data: usize, size: u32, timeout: u32, result: usize): u32;

@external("lunatic::process", "this_env")
export declare function process_this_env(): u64;
@external("lunatic::process", "inherit_spawn")
export declare function process_inherit_spawn(link: i64, name: usize, size: u32, params: usize, paramsSize: u32, id: usize): u32;
@external("lunatic::process", "drop_process")
export declare function process_drop(id: u64): void;
@external("lunatic::process", "clone_process")
export declare function process_clone(id: u64): u64;
@external("lunatic::process", "sleep_ms")
export declare function process_sleep(milliseconds: u64): void;
@external("lunatic::process", "die_when_link_dies")
export declare function process_die_when_link_dies(dies: u32): void;
@external("lunatic::process", "this")
export declare function process_this(): u64;
@external("lunatic::process", "id")
export declare function process_uuid(id: u64, uuid: usize): void;
@external("lunatic::process", "link")
export declare function process_link(tag: i64, id: u64): void;
@external("lunatic::process", "unlink")
export declare function process_unlink(id: u64): void;
@external("lunatic::process", "kill")
export declare function process_kill(id: u64): void;
@external("lunatic::process", "monitor")
export declare function process_monitor(id: u64): i64;
@external("lunatic::process", "demonitor")
export declare function process_demonitor(tag: i64): u32;
@external("lunatic::process", "set_label")
export declare function process_set_label(label: usize, size: u32): void;
@external("lunatic::process", "register")
export declare function process_register(name: usize, size: u32, version: usize, versionSize: u32, env: u64, process: u64): u32;
@external("lunatic::process", "unregister")
export declare function process_unregister(name: usize, size: u32, version: usize, versionSize: u32, env: u64): u32;
@external("lunatic::process", "lookup")
export declare function process_lookup(name: usize, size: u32, query: usize, querySize: u32, id: usize): u32;
