//! Messages: what is sent, received, asked and answered.
const std = @import("std");
const abi = @import("abi.zig");
const pack = @import("pack.zig");
const process = @import("process.zig");
const Process = process.Process;

/// Where the library takes memory from; programs may use it, too.
pub const allocator = std.heap.wasm_allocator;

/// A timeout that never comes; others are milliseconds.
pub const forever = std.math.maxInt(u64);

// What the host returns for a timeout.
const timed_out = 9027;

// The order to stop, as in the library for C.
const tag_stop = -1000001;

// The host has one message, which is being written or was received last. Its
// number is different for each.
var number: u64 = 0;

/// Whether the message that a decoder reads is that of the host: only from that
/// can processes and connections be taken.
pub fn handleIndex(d: *pack.Decoder) pack.Decoder.Error!u64 {
    const index = try d.uint();
    const message = d.message orelse return error.NotInMessage;
    if (message != number) return error.OldMessage;
    return index;
}

/// A timeout as the host wants it, where 0 is forever.
pub fn hostTimeout(ms: u64) u32 {
    if (ms == forever) return 0;
    return @intCast(std.math.clamp(ms, 1, std.math.maxInt(u32)));
}

pub const SendError = pack.Encoder.Error;

// Makes a message of a value.
fn write(tag: i64, v: anytype) SendError!void {
    abi.message.create_data(tag, 0);
    number += 1;
    var e: pack.Encoder = .init(allocator);
    defer e.deinit();
    e.in_message = true;
    try e.value(v);
    const data = e.written();
    _ = abi.message.write_data(data.ptr, @intCast(data.len));
}

/// Sends a value, with a tag if that is not 0.
pub fn send(to: Process, tag: i64, v: anytype) SendError!void {
    try write(tag, v);
    abi.message.send(to.id);
    number += 1;
}

/// What a message is.
pub const Kind = enum(u32) {
    /// A value.
    data = 0,
    /// A linked process has failed.
    link_died = 1,
    /// A monitored process has ended.
    ended = 2,
    _,
};

/// How a process ended.
pub const End = struct {
    pub const Reason = enum(u32) {
        /// Or it exited with 0.
        returned,
        /// With another status.
        exited,
        /// A report was printed.
        trapped,
        /// By a process, or by the failure of a link.
        killed,
        /// It had ended before; how is unknown.
        no_process,
        /// Its node is lost; it may live on there.
        node_lost,
        _,
    };

    reason: Reason = .returned,
    /// That it exited with.
    status: u32 = 0,
};

/// What came. `deinit` frees it, and what was read from it.
pub const Message = struct {
    pub const ReadError = pack.Decoder.Error || error{NoValue};

    kind: Kind,
    /// 0: none.
    tag: i64,
    /// Of a message of the kind `ended`.
    end: End = .{},
    data: []u8 = &.{},
    number: u64,
    arena: std.heap.ArenaAllocator,

    pub fn deinit(m: *const Message) void {
        m.arena.deinit();
    }

    fn decoder(m: *Message) ReadError!pack.Decoder {
        if (m.kind != .data) return error.NoValue;
        return .{ .data = m.data, .arena = m.arena.allocator(), .message = m.number };
    }

    /// Reads the value. Processes and connections can be read once, and until
    /// another message is received or sent.
    pub fn read(m: *Message, comptime T: type) ReadError!T {
        var d = try m.decoder();
        const v = try d.value(T);
        try d.end();
        return v;
    }

    /// Whether it is the order of a supervisor to stop.
    pub fn isStop(m: *const Message) bool {
        return m.kind == .data and m.tag == tag_stop;
    }

    /// Whether it is a request.
    pub fn isRequest(m: *Message) bool {
        if (m.tag == 0) return false;
        var d = m.decoder() catch return false;
        d.tuple(3) catch return false;
        d.skip() catch return false;
        return (d.int() catch return false) == m.tag;
    }

    /// Reads a request.
    pub fn request(m: *Message, comptime T: type) ReadError!Request(T) {
        var d = try m.decoder();
        try d.tuple(3);
        const v = try d.value(T);
        const tag = try d.int();
        const from = try d.value(Process);
        try d.end();
        return .{ .value = v, .from = from, .tag = tag };
    }
};

/// A value that was asked with, and who waits for the answer.
pub fn Request(comptime T: type) type {
    return struct {
        value: T,
        from: Process,
        tag: i64,

        /// Answers, once, at any time.
        pub fn reply(r: @This(), v: anytype) SendError!void {
            try send(r.from, r.tag, v);
            r.from.drop();
        }
    };
}

/// A value that came, and the memory that it is in.
pub fn Received(comptime T: type) type {
    return struct {
        value: T,
        message: Message,

        pub fn deinit(r: *const @This()) void {
            r.message.deinit();
        }
    };
}

// Takes the message that the host has received.
fn load(kind: u32) error{OutOfMemory}!Message {
    number += 1;
    var m: Message = .{
        .kind = @fromBackingInt(@intCast(kind)),
        .tag = abi.message.get_tag(),
        .number = number,
        .arena = .init(allocator),
    };
    errdefer m.arena.deinit();
    if (m.kind == .link_died) return m;
    m.data = try m.arena.allocator().alloc(u8, @intCast(abi.message.data_size()));
    _ = abi.message.read_data(m.data.ptr, @intCast(m.data.len));
    if (m.kind == .ended and m.data.len >= 8) {
        m.end.reason = @fromBackingInt(@intCast(std.mem.readInt(u32, m.data[0..4], .little)));
        m.end.status = std.mem.readInt(u32, m.data[4..8], .little);
    }
    return m;
}

pub const ReceiveError = error{ OutOfMemory, Timeout };

/// Waits for the oldest message; with a timeout of 0 only looks for one.
pub fn receive(timeout_ms: u64) ReceiveError!Message {
    return receiveTagged(timeout_ms, &.{});
}

/// Waits for the oldest message that has one of the tags.
pub fn receiveTagged(timeout_ms: u64, tags: []const i64) ReceiveError!Message {
    const kind = if (timeout_ms == 0)
        abi.message.try_receive(tags.ptr, @intCast(tags.len))
    else
        abi.message.receive(tags.ptr, @intCast(tags.len), hostTimeout(timeout_ms));
    if (kind == timed_out) return error.Timeout;
    return load(kind);
}

/// Receives values of one type. A message that is none is lost, with an error.
pub fn Mailbox(comptime T: type) type {
    return struct {
        pub fn receive(timeout_ms: u64) (ReceiveError || Message.ReadError)!Received(T) {
            return readAll(T, try take(timeout_ms, &.{}));
        }

        pub fn receiveTagged(timeout_ms: u64, tags: []const i64) (ReceiveError || Message.ReadError)!Received(T) {
            return readAll(T, try take(timeout_ms, tags));
        }
    };
}

const take = receiveTagged;

fn readAll(comptime T: type, message: Message) Message.ReadError!Received(T) {
    var m = message;
    errdefer m.deinit();
    const v = try m.read(T);
    return .{ .value = v, .message = m };
}

pub const CallError = SendError || ReceiveError || Message.ReadError || error{ProcessEnded};

/// How the process ended that was called last and has ended.
pub var called_end: End = .{};

/// Sends a request and waits for the answer.
pub fn call(to: Process, comptime Reply: type, v: anytype, timeout_ms: u64) CallError!Received(Reply) {
    const tag = abi.message.new_tag();
    try write(tag, .{ v, tag, process.self() });
    const kind = abi.message.request(to.id, hostTimeout(timeout_ms));
    if (kind == timed_out) {
        number += 1;
        return error.Timeout;
    }
    const message = try load(kind);
    if (message.kind == .ended) {
        called_end = message.end;
        message.deinit();
        return error.ProcessEnded;
    }
    return readAll(Reply, message);
}

/// A timer sends messages.
pub const Timer = struct {
    id: u64,

    /// Ends it. False: it has sent already, or was stopped.
    pub fn stop(t: Timer) bool {
        return abi.message.cancel_timer(t.id) >= 0;
    }
};

pub fn sendAfter(to: Process, ms: u64, tag: i64, v: anytype) SendError!Timer {
    try write(tag, v);
    defer number += 1;
    return .{ .id = abi.message.send_after(to.id, ms) };
}

pub fn sendEvery(to: Process, ms: u64, tag: i64, v: anytype) SendError!Timer {
    try write(tag, v);
    defer number += 1;
    return .{ .id = abi.message.send_every(to.id, @max(ms, 1)) };
}

/// Asks a supervisor, or a server of the library for C, to stop.
pub fn sendStop(to: Process) SendError!void {
    try send(to, tag_stop, {});
}
