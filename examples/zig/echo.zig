//! An echo server: a process for each connection.
//!
//! Build, in the folder above examples:
//!        zig build-exe -target wasm32-wasi -rdynamic --dep lunatic
//!            -Mroot=examples/zig/echo.zig
//!            -Mlunatic=sdk/zig/src/lunatic.zig --name echo
//! Run:   lunatic echo.wasm 127.0.0.1:7000
const std = @import("std");
const lunatic = @import("lunatic");

const patience = 60000; // milliseconds

fn serve(conn: lunatic.Conn) !void {
    var buffer: [4096]u8 = undefined;
    defer conn.drop();
    while (true) {
        const count = try conn.read(&buffer, patience);
        if (count == 0) return;
        try conn.writeAll(buffer[0..count], patience);
    }
}

fn serveOne(listener: lunatic.Listener) !void {
    const conn = try listener.accept();
    defer conn.drop(); // the other process has its own
    const server = try lunatic.spawn(serve, .{conn});
    server.drop();
}

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    const at = if (args.len > 1) args[1] else "127.0.0.1:7000";
    const listener = lunatic.Listener.listen(at) catch |err| {
        std.debug.print("{s}: {s}\n", .{ at, lunatic.lastError() });
        return err;
    };
    lunatic.print("listening at port:{d}\n", .{try listener.port()});
    while (true) serveOne(listener) catch {
        std.debug.print("no connection: {s}\n", .{lunatic.lastError()});
        lunatic.sleep(100);
    };
}
