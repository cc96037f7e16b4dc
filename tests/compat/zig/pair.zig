//! The Zig half of a pair that talks to ../pair/pair.c: every shape of value,
//! requests, tags and links; and without that, what the library does.
const std = @import("std");
const lunatic = @import("lunatic");
const pack = lunatic.pack;
const Process = lunatic.Process;

const patience = 20000;

fn need(good: bool, comptime what: []const u8) void {
    if (!good) @panic("failed: " ++ what);
}

fn expectError(want: anyerror, result: anytype) void {
    if (result) |_| @panic("failed: no error") else |err| if (err != want) {
        std.debug.print("not error.{s}, but error.{s}\n", .{ @errorName(want), @errorName(err) });
        lunatic.exit(1);
    }
}

const Shape = union(enum) {
    nothing,
    one: u32,
    two: struct { i8, []const u8 },
    fields: struct { x: f64, y: ?bool },
};

const All = struct {
    good: bool = true,
    integers: struct { i8, i16, i32, i64, u64 } = .{
        std.math.minInt(i8), -129, std.math.minInt(i32), std.math.minInt(i64), std.math.maxInt(u64),
    },
    floats: struct { f32, f64 } = .{ 0.5, -1e300 },
    text: []const u8 = "ß",
    long: []const u8 = "a text of more than thirty-one bytes",
    unit_struct: struct {} = .{},
    negative: i32 = -33,
    unit: void = {},
    none: ?u8 = null,
    some: ?u32 = 65536,
    list: []const i16 = &numbers,
    array: [3]u8 = .{ 1, 127, 128 },
    map: pack.Map([]const u8, u32) = .{ .pairs = &.{
        .{ .key = "one", .value = 1 },
        .{ .key = "two", .value = 200000 },
    } },
    bytes: pack.Bytes = .{ .data = "\x00\xff\x07" },
    raw: []const u16 = &.{ 0, 255 },
    shapes: [4]Shape = .{
        .nothing,
        .{ .one = 7 },
        .{ .two = .{ -1, "two" } },
        .{ .fields = .{ .x = 2.5, .y = false } },
    },
    widths: []const i64 = &.{
        0,             127,     128,                  255,        256,        65535, 65536,
        (1 << 32) - 1, 1 << 32, std.math.maxInt(i64), -1,         -32,        -33,   -128,
        -129,          -32768,  -32769,               -(1 << 31), -(1 << 32),
    },
    empty: struct {
        text: []const u8 = "",
        bytes: pack.Bytes = .{ .data = "" },
        list: []const u16 = &.{},
        map: pack.Map([]const u8, u32) = .{ .pairs = &.{} },
    } = .{},
    texts: [3][]const u8 = .{ "日本語, é, 🌕", exes[0..300], exes },
    large: struct { pack.Bytes, pack.Bytes, []const bool } = .{
        .{ .data = sevens[0..300] }, .{ .data = &sevens }, &flags,
    },
    deep: []const []const []const []const u8 = &.{ &.{ &.{"deep"}, &.{} }, &.{} },
    home: Process,

    const size = 70000;
    const exes: *const [size]u8 = &@as([size]u8, @splat('x'));
    const sevens: [size]u8 = blk: {
        @setEvalBranchQuota(2 * size);
        var all: [size]u8 = undefined;
        for (&all, 0..) |*one, i| one.* = @truncate(i * 7);
        break :blk all;
    };
    const flags: [size]bool = blk: {
        @setEvalBranchQuota(2 * size);
        var all: [size]bool = undefined;
        for (&all, 0..) |*one, i| one.* = i % 3 == 0;
        break :blk all;
    };
    const numbers: [20]i16 = blk: {
        var all: [20]i16 = undefined;
        for (&all, 0..) |*one, i| one.* = @as(i16, i) * 100 - 1000;
        break :blk all;
    };

    fn check(all: All) void {
        const want: All = .{ .good = all.good, .home = all.home };
        inline for (@typeInfo(All).@"struct".field_names) |name| {
            need(equal(@field(want, name), @field(all, name)), name);
        }
    }
};

// Whether two values are, with what they point to.
fn equal(a: anytype, b: @TypeOf(a)) bool {
    const T = @TypeOf(a);
    switch (@typeInfo(T)) {
        .pointer => {
            if (a.len != b.len) return false;
            for (a, b) |x, y| if (!equal(x, y)) return false;
            return true;
        },
        .array => return equal(@as([]const @TypeOf(a[0]), &a), @as([]const @TypeOf(a[0]), &b)),
        .@"struct" => |info| {
            inline for (info.field_names) |name| {
                if (!equal(@field(a, name), @field(b, name))) return false;
            }
            return true;
        },
        .@"union" => {
            if (std.meta.activeTag(a) != std.meta.activeTag(b)) return false;
            switch (a) {
                inline else => |x, tag| return equal(x, @field(b, @tagName(tag))),
            }
        },
        .optional => {
            if ((a == null) != (b == null)) return false;
            return a == null or equal(a.?, b.?);
        },
        .void => return true,
        else => return a == b,
    }
}

// What the other half spawns.
export fn zig_server(number: i32, long: i64) void {
    serve(number, long) catch |err| {
        std.debug.print("zig_server: {s}\n", .{@errorName(err)});
        lunatic.exit(1);
    };
}

fn serve(number: i32, long: i64) !void {
    need(number == -5 and long == 1 << 40, "parameters");
    const Context = struct { name: []const u8, tag: i64 };
    const context = try lunatic.Mailbox(Context).receive(patience);
    need(std.mem.eql(u8, context.value.name, "context"), "context");
    const tag = context.value.tag;
    const numbers = lunatic.Mailbox(u64);
    need((try numbers.receiveTagged(patience, &.{tag})).value == 2, "a tag");
    need((try numbers.receive(patience)).value == 1, "no tag");
    while (true) {
        var mail = try lunatic.receive(patience);
        defer mail.deinit();
        need(mail.isRequest(), "a request");
        const request = try mail.request(All);
        if (!request.value.good) lunatic.exit(3);
        request.value.check();
        const home = request.value.home;
        need(home.same(request.from), "the sender");
        try home.sendTagged(tag, @as(i32, -42));
        try request.reply(All{ .home = home });
        home.drop();
    }
}

// What pair.c spawns to ask another one.
export fn zig_asker() void {
    ask() catch |err| {
        std.debug.print("zig_asker: {s}\n", .{@errorName(err)});
        lunatic.exit(1);
    };
}

fn ask() !void {
    const Order = struct { server: Process, tag: i64 };
    const order = try lunatic.Mailbox(Order).receive(patience);
    const server = order.value.server;
    const self = lunatic.self();
    for (0..20) |_| {
        const reply = try server.call(All, All{ .home = self }, patience);
        defer reply.deinit();
        reply.value.check();
        need(reply.value.home.same(self), "home");
        reply.value.home.drop();
        const numbers = lunatic.Mailbox(i32);
        need((try numbers.receiveTagged(patience, &.{order.value.tag})).value == -42, "a number");
    }
    expectError(error.ProcessEnded, server.call(All, All{ .good = false, .home = self }, patience));
}

fn messages() !void {
    const self = lunatic.self();
    try self.send("first");
    try self.sendTagged(7, "second");
    const second = try lunatic.Mailbox([]const u8).receiveTagged(patience, &.{ 8, 7 });
    defer second.deinit();
    need(std.mem.eql(u8, second.value, "second"), "a tagged message");
    expectError(error.Timeout, lunatic.receiveTagged(1, &.{7}));
    (try lunatic.receive(patience)).deinit();
    try self.send(300);
    expectError(error.OutOfRange, lunatic.Mailbox(u8).receive(patience));
    try self.send(self);
    var old = try lunatic.receive(patience);
    try self.send(1);
    expectError(error.OldMessage, old.read(Process));
    (try lunatic.receive(patience)).deinit();
    try self.send(self);
    var mail = try lunatic.receive(patience);
    need((try mail.read(Process)).same(self), "a process in a message");
    expectError(error.NotUtf8, self.send("\xff"));
    expectError(error.Timeout, lunatic.receive(1));
    var e: pack.Encoder = .init(lunatic.allocator);
    expectError(error.NotInMessage, e.value(self));
}

fn timers() !void {
    const self = lunatic.self();
    _ = try self.sendAfter(1, 41, "late");
    (try lunatic.receiveTagged(patience, &.{41})).deinit();
    const never = try self.sendAfter(1000000, 41, {});
    need(never.stop() and !never.stop(), "a timer that is stopped");
    const every = try self.sendEvery(1, 42, {});
    for (0..3) |_| (try lunatic.receiveTagged(patience, &.{42})).deinit();
    _ = every.stop();
}

fn adder(parent: Process) !void {
    try lunatic.register("adder", "1.2.3", lunatic.self());
    try parent.send("ready");
    var sum: i32 = 0;
    while (true) {
        var mail = try lunatic.receive(patience);
        defer mail.deinit();
        const request = try mail.request(i32);
        sum += request.value;
        try request.reply(sum);
    }
}

fn mute() void {
    lunatic.sleep(1000000);
}

fn requests() !void {
    const server = try lunatic.spawn(adder, .{lunatic.self()});
    (try lunatic.receive(patience)).deinit();
    const found = try lunatic.lookup("adder", "^1.1");
    need(found.same(server), "lookup");
    expectError(error.NotFound, lunatic.lookup("adder", "2"));
    expectError(error.BadVersion, lunatic.lookup("adder", "x.y"));
    need((try found.call(i32, @as(i32, 1), patience)).value == 1, "call");
    need((try found.call(i32, @as(i32, 2), patience)).value == 3, "call again");
    const tag = server.monitor();
    server.kill();
    const end = try lunatic.receiveTagged(patience, &.{tag});
    need(end.kind == .ended and end.end.reason == .killed, "a monitor");
    expectError(error.ProcessEnded, found.call(i32, @as(i32, 1), patience));
    const silent = try lunatic.spawn(mute, .{});
    expectError(error.Timeout, silent.call(i32, @as(i32, 1), 1));
    silent.kill();
    const self = lunatic.self();
    try lunatic.register("me", "1.0.0", self);
    try lunatic.unregister("me", "1.0.0");
    expectError(error.NotFound, lunatic.unregister("me", "1.0.0"));
}

const How = enum { exit, trap, err, wait };

fn ends(how: How) !void {
    switch (how) {
        .exit => lunatic.exit(5),
        .trap => @trap(),
        .err => return error.Wanted,
        .wait => (try lunatic.receive(lunatic.forever)).deinit(),
    }
}

fn failures() !void {
    lunatic.catchLinks(true);
    for ([_]How{ .exit, .trap, .err }) |how| {
        const link = lunatic.newTag();
        _ = try lunatic.spawnWith(.{ .link = link }, ends, .{how});
        const mail = try lunatic.receiveTagged(patience, &.{link});
        need(mail.kind == .link_died, "a link");
    }
    const waits = try lunatic.spawn(ends, .{.wait});
    lunatic.demonitor(waits.monitor());
    const tag = waits.link();
    waits.unlink();
    waits.kill();
    expectError(error.Timeout, lunatic.receiveTagged(5, &.{tag}));
    const other = try lunatic.spawn(ends, .{.wait});
    const monitor = other.monitor();
    try other.send({});
    const end = try lunatic.receiveTagged(patience, &.{monitor});
    need(end.end.reason == .returned, "a return");
    lunatic.catchLinks(false);
    expectError(error.CannotSpawn, lunatic.spawnExport(.{}, "nothing", &.{}));
    need(std.mem.find(u8, lunatic.lastError(), "nothing") != null, "the text of an error");
}

fn talk(conn: lunatic.Conn) !void {
    var buffer: [64]u8 = undefined;
    const count = try conn.read(&buffer, patience);
    try conn.writeAll(buffer[0..count], patience);
    need(try conn.read(&buffer, patience) == 0, "the end of a stream");
}

// Answers requests of HTTP, by the server of the standard library.
fn hello(conn: lunatic.Conn) !void {
    var in: [4096]u8 = undefined;
    var out: [256]u8 = undefined;
    var reader = conn.reader(&in, patience);
    var writer = conn.writer(&out, patience);
    var server: std.http.Server = .init(&reader.interface, &writer.interface);
    while (true) {
        var request = server.receiveHead() catch |err| switch (err) {
            error.HttpConnectionClosing => return,
            else => return err,
        };
        try request.respond(request.head.target, .{});
    }
}

fn http(listener: lunatic.Listener, name: []const u8) !void {
    const client = try lunatic.Conn.connect(name, patience);
    const process = try lunatic.spawn(hello, .{try listener.accept()});
    const tag = process.monitor();
    var in: [1024]u8 = undefined;
    var out: [16]u8 = undefined;
    var reader = client.reader(&in, patience);
    var writer = client.writer(&out, patience);
    for ([_][]const u8{ "/one", "/a/long/path/that/does/not/fit/the/buffer" }) |path| {
        try writer.interface.print("GET {s} HTTP/1.1\r\nHost: {s}\r\n\r\n", .{ path, name });
        try writer.interface.flush();
        var line = try reader.interface.takeDelimiterInclusive('\n');
        need(std.mem.eql(u8, line, "HTTP/1.1 200 OK\r\n"), "a status");
        while (line.len > 2) line = try reader.interface.takeDelimiterInclusive('\n');
        need(std.mem.eql(u8, try reader.interface.take(path.len), path), "a body");
    }
    client.drop();
    const end = try lunatic.receiveTagged(patience, &.{tag});
    need(end.end.reason == .returned, "the end of a server of HTTP");
}

fn network() !void {
    const listener = try lunatic.Listener.listen("127.0.0.1:0");
    var text: [32]u8 = undefined;
    const name = try std.fmt.bufPrint(&text, "127.0.0.1:{d}", .{try listener.port()});
    expectError(error.Host, lunatic.Listener.listen(name));
    const client = try lunatic.Conn.connect(name, patience);
    const server = try listener.accept();
    const process = try lunatic.spawn(talk, .{server});
    server.drop();
    var buffer: [64]u8 = undefined;
    expectError(error.Timeout, client.read(&buffer, 1));
    try client.writeAll("hello", patience);
    need(try client.read(&buffer, patience) == 5, "an echo");
    const tag = process.monitor();
    client.drop();
    const end = try lunatic.receiveTagged(patience, &.{tag});
    need(end.end.reason == .returned, "the end of a connection");
    try http(listener, name);
    listener.drop();
    expectError(error.Host, lunatic.Conn.connect(name, patience));
}

fn life(name: u8) !void {
    const first = try lunatic.lookup("first", "1");
    try first.sendTagged(name, lunatic.self());
    var mail = try lunatic.receive(lunatic.forever);
    if (!mail.isStop()) return error.Wanted;
    try first.sendTagged(1000, name);
}

fn top(strategy: lunatic.Strategy, restarts: u32) !void {
    var children = [_]lunatic.Child{ .of("a", life, .{'a'}), .of("b", life, .{'b'}) };
    for (&children) |*child| child.shutdown = patience;
    var supervisor: lunatic.Supervisor = .{
        .strategy = strategy,
        .children = &children,
        .restarts = restarts,
        .within = 60000,
    };
    try supervisor.run();
}

fn started(name: u8) !Process {
    return (try lunatic.Mailbox(Process).receiveTagged(patience, &.{name})).value;
}

fn stopped(name: u8) !void {
    const one = try lunatic.Mailbox(u8).receiveTagged(patience, &.{1000});
    need(one.value == name, "the order of stops");
}

fn supervision() !void {
    try lunatic.register("first", "1.0.0", lunatic.self());
    const supervisor = try lunatic.spawn(top, .{ .rest_for_one, 2 });
    const tag = supervisor.monitor();
    var a = try started('a');
    var b = try started('b');
    try b.send({});
    b = try started('b');
    try a.send({});
    try stopped('b');
    a = try started('a');
    b = try started('b');
    try b.send({});
    try stopped('a');
    const end = try lunatic.receiveTagged(patience, &.{tag});
    need(end.end.reason == .exited and end.end.status == 1, "too many restarts");

    const other = try lunatic.spawn(top, .{ .one_for_one, 0 });
    const monitor = other.monitor();
    _ = try started('a');
    _ = try started('b');
    other.stop();
    try stopped('b');
    try stopped('a');
    const last = try lunatic.receiveTagged(patience, &.{monitor});
    need(last.end.reason == .returned, "a supervisor that is stopped");
}

pub fn main() !void {
    try messages();
    try timers();
    try requests();
    try failures();
    try network();
    try supervision();
    lunatic.sleep(1);
    lunatic.print("passed\n", .{});
}
