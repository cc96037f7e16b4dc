//! The host functions: docs/abi.md.

pub const errors = struct {
    pub extern "lunatic::error" fn string_size(id: u64) u32;
    pub extern "lunatic::error" fn to_string(id: u64, text: [*]u8) void;
    pub extern "lunatic::error" fn drop(id: u64) void;
};

pub const message = struct {
    pub extern "lunatic::message" fn create_data(tag: i64, capacity: u64) void;
    pub extern "lunatic::message" fn write_data(data: [*]const u8, size: u32) u32;
    pub extern "lunatic::message" fn read_data(data: [*]u8, size: u32) u32;
    pub extern "lunatic::message" fn data_size() u64;
    pub extern "lunatic::message" fn get_tag() i64;
    pub extern "lunatic::message" fn new_tag() i64;
    pub extern "lunatic::message" fn push_process(id: u64) u64;
    pub extern "lunatic::message" fn take_process(index: u64) u64;
    pub extern "lunatic::message" fn push_tcp_stream(id: u64) u64;
    pub extern "lunatic::message" fn take_tcp_stream(index: u64) u64;
    pub extern "lunatic::message" fn send(process: u64) void;
    pub extern "lunatic::message" fn request(process: u64, timeout: u32) u32;
    pub extern "lunatic::message" fn send_after(process: u64, ms: u64) u64;
    pub extern "lunatic::message" fn send_every(process: u64, ms: u64) u64;
    pub extern "lunatic::message" fn cancel_timer(id: u64) i64;
    pub extern "lunatic::message" fn receive(tags: [*]const i64, count: u32, timeout: u32) u32;
    pub extern "lunatic::message" fn try_receive(tags: [*]const i64, count: u32) u32;
};

pub const networking = struct {
    pub extern "lunatic::networking" fn resolve(name: [*]const u8, size: u32, timeout: u32, id: *u64) u32;
    pub extern "lunatic::networking" fn resolve_next(iterator: u64, version: *u32, ip: *[16]u8, port: *u16, flow: *u32, scope: *u32) u32;
    pub extern "lunatic::networking" fn drop_dns_iterator(id: u64) void;
    pub extern "lunatic::networking" fn tcp_bind(version: u32, ip: *const [16]u8, port: u32, flow: u32, scope: u32, id: *u64) u32;
    pub extern "lunatic::networking" fn drop_tcp_listener(id: u64) void;
    pub extern "lunatic::networking" fn local_addr(listener: u64, id: *u64) u32;
    pub extern "lunatic::networking" fn tcp_accept(listener: u64, id: *u64, peer: *u64) u32;
    pub extern "lunatic::networking" fn tcp_connect(version: u32, ip: *const [16]u8, port: u32, flow: u32, scope: u32, timeout: u32, id: *u64) u32;
    pub extern "lunatic::networking" fn drop_tcp_stream(id: u64) void;
    pub extern "lunatic::networking" fn clone_tcp_stream(id: u64) u64;
    pub extern "lunatic::networking" fn tcp_write_vectored(stream: u64, pieces: *const Piece, count: u32, timeout: u32, result: *u64) u32;
    pub extern "lunatic::networking" fn tcp_read(stream: u64, data: [*]u8, size: u32, timeout: u32, result: *u64) u32;

    pub const Piece = extern struct { data: [*]const u8, size: u32 };
};

pub const process = struct {
    pub extern "lunatic::process" fn this_env() u64;
    pub extern "lunatic::process" fn inherit_spawn(link: i64, name: [*]const u8, size: u32, params: [*]const u8, params_size: u32, id: *u64) u32;
    pub extern "lunatic::process" fn drop_process(id: u64) void;
    pub extern "lunatic::process" fn clone_process(id: u64) u64;
    pub extern "lunatic::process" fn sleep_ms(ms: u64) void;
    pub extern "lunatic::process" fn die_when_link_dies(dies: u32) void;
    pub extern "lunatic::process" fn this() u64;
    pub extern "lunatic::process" fn id(process: u64, uuid: *[16]u8) void;
    pub extern "lunatic::process" fn link(tag: i64, process: u64) void;
    pub extern "lunatic::process" fn unlink(process: u64) void;
    pub extern "lunatic::process" fn kill(process: u64) void;
    pub extern "lunatic::process" fn monitor(process: u64) i64;
    pub extern "lunatic::process" fn demonitor(tag: i64) u32;
    pub extern "lunatic::process" fn set_label(label: [*]const u8, size: u32) void;
    pub extern "lunatic::process" fn register(name: [*]const u8, size: u32, version: [*]const u8, version_size: u32, env: u64, process: u64) u32;
    pub extern "lunatic::process" fn unregister(name: [*]const u8, size: u32, version: [*]const u8, version_size: u32, env: u64) u32;
    pub extern "lunatic::process" fn lookup(name: [*]const u8, size: u32, query: [*]const u8, query_size: u32, id: *u64) u32;
};
