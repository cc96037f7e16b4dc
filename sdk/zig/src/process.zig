//! Processes: spawn, links, monitors, names.
const std = @import("std");
const abi = @import("abi.zig");
const message = @import("message.zig");
const pack = @import("pack.zig");
const system = @import("system.zig");

/// A handle to a process; it is valid in this process, and in messages, which
/// get a handle of their own. Processes live on when handles are dropped.
pub const Process = struct {
    id: u64,

    /// Sends a value, without a tag. The sender does not learn whether it
    /// arrives: a message to a process that has ended is dropped.
    pub fn send(p: Process, v: anytype) message.SendError!void {
        try message.send(p, 0, v);
    }

    /// Sends a value with a tag; 0 is none.
    pub fn sendTagged(p: Process, tag: i64, v: anytype) message.SendError!void {
        try message.send(p, tag, v);
    }

    /// Sends a value when the time has passed, unless this process has ended.
    pub fn sendAfter(p: Process, ms: u64, tag: i64, v: anytype) message.SendError!message.Timer {
        return message.sendAfter(p, ms, tag, v);
    }

    /// Sends a value each time that the time has passed, until the timer is
    /// stopped or one of both processes has ended.
    pub fn sendEvery(p: Process, ms: u64, tag: i64, v: anytype) message.SendError!message.Timer {
        return message.sendEvery(p, ms, tag, v);
    }

    /// Sends a request and waits for the answer; other messages stay in the
    /// mailbox meanwhile. error.ProcessEnded comes as soon as the process has
    /// ended (`called_end` says how), error.Timeout when the time is over.
    pub fn call(p: Process, comptime Reply: type, v: anytype, timeout_ms: u64) message.CallError!message.Received(Reply) {
        return message.call(p, Reply, v, timeout_ms);
    }

    /// Asks a supervisor, or a server of the library for C, to stop.
    pub fn stop(p: Process) void {
        message.sendStop(p) catch {};
    }

    /// Links this process with that one. If one fails (it traps, exits with a
    /// status other than 0, or is killed), the other one fails too, or, after
    /// catchLinks(true), gets a message of the kind `link_died` with the tag.
    pub fn link(p: Process) i64 {
        const tag = newTag();
        abi.process.link(tag, p.id);
        return tag;
    }

    /// Removes a link. Its message may already be in the mailbox.
    pub fn unlink(p: Process) void {
        abi.process.unlink(p.id);
    }

    /// Asks for one message of the kind `ended`, with the tag that it returns,
    /// when that process has ended, or at once if it has already.
    pub fn monitor(p: Process) i64 {
        return abi.process.monitor(p.id);
    }

    /// Ends a process, which cannot prevent it.
    pub fn kill(p: Process) void {
        abi.process.kill(p.id);
    }

    /// Drops the handle; not for that of `self`.
    pub fn drop(p: Process) void {
        abi.process.drop_process(p.id);
    }

    /// Unique on all nodes.
    pub fn uuid(p: Process) [16]u8 {
        var bytes: [16]u8 = undefined;
        abi.process.id(p.id, &bytes);
        return bytes;
    }

    /// Whether both are handles to one process.
    pub fn same(p: Process, other: Process) bool {
        return std.mem.eql(u8, &p.uuid(), &other.uuid());
    }

    pub fn packTo(p: Process, e: *pack.Encoder) pack.Encoder.Error!void {
        if (!e.in_message) return error.NotInMessage;
        try e.uint(abi.message.push_process(abi.process.clone_process(p.id)));
    }

    pub fn unpackFrom(d: *pack.Decoder) pack.Decoder.Error!Process {
        return .{ .id = abi.message.take_process(try message.handleIndex(d)) };
    }
};

var own: ?Process = null;

/// This process.
pub fn self() Process {
    if (own == null) own = .{ .id = abi.process.this() };
    return own.?;
}

/// Ends a monitor: no message with its tag is in the mailbox afterwards.
pub fn demonitor(tag: i64) void {
    _ = abi.process.demonitor(tag);
}

/// Chooses what the failure of a linked process does: a message if true; if
/// false, as at the start, this process fails too.
pub fn catchLinks(catches: bool) void {
    abi.process.die_when_link_dies(@intFromBool(!catches));
}

/// Parks this process.
pub fn sleep(ms: u64) void {
    abi.process.sleep_ms(ms);
}

/// Gives this process a label, of at most 63 bytes, which reports and `lunatic
/// ps` show. Spawned functions have their names.
pub fn setLabel(label: []const u8) void {
    abi.process.set_label(label.ptr, @intCast(@min(label.len, 63)));
}

var next_tag: i64 = 0;

/// A tag that this process has not used before, far from those of others. It is
/// positive.
pub fn newTag() i64 {
    if (next_tag == 0) {
        const uuid = self().uuid();
        const mixed = std.mem.readInt(u64, uuid[0..8], .little) ^
            std.mem.readInt(u64, uuid[8..16], .little);
        next_tag = @intCast(mixed >> 2 | 1 << 32);
    }
    next_tag += 1;
    return next_tag;
}

// ---- Spawn ----

pub const SpawnError = message.SendError || error{CannotSpawn};

/// How a process is spawned.
pub const How = struct {
    /// If not null, the tag of a link that is made before it runs.
    link: ?i64 = null,
};

/// Spawns a process that calls the function with the arguments, which go there
/// as a message. It ends when the function returns, and fails when that returns
/// an error. error.CannotSpawn: system.lastError says why.
pub fn spawn(comptime function: anytype, args: std.meta.ArgsTuple(@TypeOf(function))) SpawnError!Process {
    return spawnWith(.{}, function, args);
}

/// Spawns a process, with a link if the tag of one is given.
pub fn spawnWith(how: How, comptime function: anytype, args: std.meta.ArgsTuple(@TypeOf(function))) SpawnError!Process {
    const child = try spawnExport(how, "_lunatic_spawn_by_index", &.{
        .i32(@bitCast(@intFromPtr(&enterAt))),
        .i32(@bitCast(@intFromPtr(&Entry(function).enter))),
    });
    errdefer child.kill();
    try child.send(args);
    return child;
}

// Where a process begins that is to call the function.
fn Entry(comptime function: anytype) type {
    return struct {
        const name = nameOf(@typeName(@This()));

        fn enter() callconv(.c) void {
            setLabel(name);
            const Args = std.meta.ArgsTuple(@TypeOf(function));
            var mail = message.receive(message.forever) catch |err| fail(err);
            const args = mail.read(Args) catch |err| fail(err);
            const result = @call(.auto, function, args);
            switch (@typeInfo(@TypeOf(result))) {
                .error_union => _ = result catch |err| fail(err),
                else => {},
            }
        }

        fn fail(err: anyerror) noreturn {
            std.debug.print("{s}: error.{s}\n", .{ name, @errorName(err) });
            system.exit(1);
        }
    };
}

// The name of the function in the name of its Entry: `Entry((function 'work'))`.
fn nameOf(comptime entry: []const u8) []const u8 {
    const first = std.mem.indexOfScalar(u8, entry, '\'') orelse return entry;
    const last = std.mem.lastIndexOfScalar(u8, entry, '\'') orelse return entry;
    return if (last > first) entry[first + 1 .. last] else entry;
}

fn enterAt(entry: usize) callconv(.c) void {
    @as(*const fn () callconv(.c) void, @ptrFromInt(entry))();
}

// As the modules of the other libraries have it: two places in the table, of
// which the first is called with the second.
export fn _lunatic_spawn_by_index(helper: *const fn (usize) callconv(.c) void, function: usize) void {
    helper(function);
}

/// A parameter of an exported function.
pub const Param = extern struct {
    bytes: [17]u8,

    pub fn @"i32"(v: i32) Param {
        return of(0x7f, @as(u32, @bitCast(v)));
    }

    pub fn @"i64"(v: i64) Param {
        return of(0x7e, @bitCast(v));
    }

    fn of(kind: u8, v: u64) Param {
        var p: Param = .{ .bytes = @splat(0) };
        p.bytes[0] = kind;
        std.mem.writeInt(u64, p.bytes[1..9], v, .little);
        return p;
    }
};

/// Spawns a process in a function that the module exports (`export fn`), which
/// may be written in another language.
pub fn spawnExport(how: How, name: []const u8, params: []const Param) error{CannotSpawn}!Process {
    var id: u64 = 0;
    if (abi.process.inherit_spawn(how.link orelse 0, name.ptr, @intCast(name.len), @ptrCast(params.ptr), @intCast(17 * params.len), &id) != 0) {
        system.noteError(id);
        return error.CannotSpawn;
    }
    return .{ .id = id };
}

// ---- Names ----

pub const NameError = error{ BadVersion, NotFound };

fn nameResult(result: u32) NameError!void {
    switch (result) {
        0 => {},
        1 => return error.BadVersion,
        else => return error.NotFound,
    }
}

/// Registers a process under a name and a semantic version in this environment,
/// in the place of one that has them. It traps if the registry is full.
pub fn register(name: []const u8, version: []const u8, p: Process) NameError!void {
    try nameResult(abi.process.register(name.ptr, @intCast(name.len), version.ptr, @intCast(version.len), abi.process.this_env(), p.id));
}

/// Removes a name and version.
pub fn unregister(name: []const u8, version: []const u8) NameError!void {
    try nameResult(abi.process.unregister(name.ptr, @intCast(name.len), version.ptr, @intCast(version.len), abi.process.this_env()));
}

/// Finds the process with the highest version that fulfils a requirement such as
/// "1.2", ">=1, <3" or "*".
pub fn lookup(name: []const u8, requirement: []const u8) NameError!Process {
    var id: u64 = 0;
    try nameResult(abi.process.lookup(name.ptr, @intCast(name.len), requirement.ptr, @intCast(requirement.len), &id));
    return .{ .id = id };
}
