//! TCP. Addresses are HOST:PORT; a function that waits parks this process alone.
const std = @import("std");
const abi = @import("abi.zig");
const message = @import("message.zig");
const pack = @import("pack.zig");
const system = @import("system.zig");

const timed_out = 9027;

/// error.Host: lastError says why.
pub const Error = error{ Host, Timeout };

fn check(result: u32, value: u64) Error!void {
    switch (result) {
        0 => {},
        timed_out => return error.Timeout,
        else => {
            system.noteError(value);
            return error.Host;
        },
    }
}

const Address = struct {
    version: u32 = 0,
    ip: [16]u8 = @splat(0),
    port: u16 = 0,
    flow: u32 = 0,
    scope: u32 = 0,
};

// The addresses of a name.
const Addresses = struct {
    iterator: u64,

    fn of(name: []const u8, timeout_ms: u64) Error!Addresses {
        var id: u64 = 0;
        try check(abi.networking.resolve(name.ptr, @intCast(name.len), message.hostTimeout(timeout_ms), &id), id);
        return .{ .iterator = id };
    }

    fn next(a: Addresses) ?Address {
        var one: Address = .{};
        const result = abi.networking.resolve_next(a.iterator, &one.version, &one.ip, &one.port, &one.flow, &one.scope);
        return if (result == 0) one else null;
    }

    fn drop(a: Addresses) void {
        abi.networking.drop_dns_iterator(a.iterator);
    }
};

/// A TCP connection. It may be in messages, which have a clone; it is closed when
/// all clones are dropped.
pub const Conn = struct {
    id: u64,

    /// Connects with HOST:PORT.
    pub fn connect(name: []const u8, timeout_ms: u64) Error!Conn {
        const addresses = try Addresses.of(name, timeout_ms);
        defer addresses.drop();
        var last: Error!void = error.Host;
        while (addresses.next()) |at| {
            var id: u64 = 0;
            last = check(abi.networking.tcp_connect(at.version, &at.ip, at.port, at.flow, at.scope, message.hostTimeout(timeout_ms), &id), id);
            last catch continue;
            return .{ .id = id };
        }
        try last;
        unreachable;
    }

    /// Waits for bytes. How many there are; 0 at the end.
    pub fn read(c: Conn, buffer: []u8, timeout_ms: u64) Error!usize {
        var value: u64 = 0;
        try check(abi.networking.tcp_read(c.id, buffer.ptr, @intCast(buffer.len), message.hostTimeout(timeout_ms), &value), value);
        return @intCast(value);
    }

    /// Writes all bytes; each part of them may take as long.
    pub fn writeAll(c: Conn, data: []const u8, timeout_ms: u64) Error!void {
        var rest = data;
        while (rest.len > 0) {
            var value: u64 = 0;
            const piece: abi.networking.Piece = .{ .data = rest.ptr, .size = @intCast(rest.len) };
            try check(abi.networking.tcp_write_vectored(c.id, &piece, 1, message.hostTimeout(timeout_ms), &value), value);
            rest = rest[@intCast(value)..];
        }
    }

    /// A reader of the standard library: `&reader.interface`.
    pub fn reader(c: Conn, buffer: []u8, timeout_ms: u64) Reader {
        return .{ .conn = c, .timeout_ms = timeout_ms, .interface = .{
            .vtable = &.{ .stream = Reader.stream },
            .buffer = buffer,
            .seek = 0,
            .end = 0,
        } };
    }

    /// A writer of the standard library: `&writer.interface`.
    pub fn writer(c: Conn, buffer: []u8, timeout_ms: u64) Writer {
        return .{ .conn = c, .timeout_ms = timeout_ms, .interface = .{
            .vtable = &.{ .drain = Writer.drain },
            .buffer = buffer,
        } };
    }

    pub const Reader = struct {
        interface: std.Io.Reader,
        conn: Conn,
        timeout_ms: u64,
        /// Behind error.ReadFailed.
        err: ?Error = null,

        fn stream(r: *std.Io.Reader, w: *std.Io.Writer, limit: std.Io.Limit) std.Io.Reader.StreamError!usize {
            const self: *Reader = @alignCast(@fieldParentPtr("interface", r));
            const room = limit.slice(try w.writableSliceGreedy(1));
            const count = self.conn.read(room, self.timeout_ms) catch |err| {
                self.err = err;
                return error.ReadFailed;
            };
            if (count == 0) return error.EndOfStream;
            w.advance(count);
            return count;
        }
    };

    pub const Writer = struct {
        interface: std.Io.Writer,
        conn: Conn,
        timeout_ms: u64,
        /// Behind error.WriteFailed.
        err: ?Error = null,

        fn drain(w: *std.Io.Writer, data: []const []const u8, splat: usize) std.Io.Writer.Error!usize {
            const self: *Writer = @alignCast(@fieldParentPtr("interface", w));
            try self.put(w.buffer[0..w.end]);
            w.end = 0;
            var count: usize = 0;
            for (data[0 .. data.len - 1]) |piece| {
                try self.put(piece);
                count += piece.len;
            }
            const last = data[data.len - 1];
            for (0..splat) |_| try self.put(last);
            return count + splat * last.len;
        }

        fn put(self: *Writer, piece: []const u8) std.Io.Writer.Error!void {
            self.conn.writeAll(piece, self.timeout_ms) catch |err| {
                self.err = err;
                return error.WriteFailed;
            };
        }
    };

    /// Closes this clone of the connection.
    pub fn drop(c: Conn) void {
        abi.networking.drop_tcp_stream(c.id);
    }

    pub fn packTo(c: Conn, e: *pack.Encoder) pack.Encoder.Error!void {
        if (!e.in_message) return error.NotInMessage;
        try e.uint(abi.message.push_tcp_stream(abi.networking.clone_tcp_stream(c.id)));
    }

    pub fn unpackFrom(d: *pack.Decoder) pack.Decoder.Error!Conn {
        return .{ .id = abi.message.take_tcp_stream(try message.handleIndex(d)) };
    }
};

/// Accepts connections.
pub const Listener = struct {
    id: u64,

    /// Listens at HOST:PORT; port 0 lets the system choose.
    pub fn listen(name: []const u8) Error!Listener {
        const addresses = try Addresses.of(name, message.forever);
        defer addresses.drop();
        var last: Error!void = error.Host;
        while (addresses.next()) |at| {
            var id: u64 = 0;
            last = check(abi.networking.tcp_bind(at.version, &at.ip, at.port, at.flow, at.scope, &id), id);
            last catch continue;
            return .{ .id = id };
        }
        try last;
        unreachable;
    }

    /// The port that it is bound to.
    pub fn port(l: Listener) Error!u16 {
        var id: u64 = 0;
        try check(abi.networking.local_addr(l.id, &id), id);
        const addresses: Addresses = .{ .iterator = id };
        defer addresses.drop();
        return (addresses.next() orelse return error.Host).port;
    }

    /// Waits for a connection. Spawn a process for each, and send it the Conn.
    pub fn accept(l: Listener) Error!Conn {
        var id: u64 = 0;
        var peer: u64 = 0;
        try check(abi.networking.tcp_accept(l.id, &id, &peer), id);
        abi.networking.drop_dns_iterator(peer);
        return .{ .id = id };
    }

    /// Stops listening.
    pub fn drop(l: Listener) void {
        abi.networking.drop_tcp_listener(l.id);
    }
};
