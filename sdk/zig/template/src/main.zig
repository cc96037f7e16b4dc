//! The first process.
const std = @import("std");
const lunatic = @import("lunatic");
const server = @import("server.zig");

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    if (args.len < 2) lunatic.print("usage: lunatic app.wasm NAME...\n", .{});
    _ = try lunatic.spawn(server.supervise, .{});
    for (args[@min(1, args.len)..]) |name| {
        const answer = server.greet(name) catch |err| {
            lunatic.print("no greeting for {s}: {s}\n", .{ name, @errorName(err) });
            continue;
        };
        defer answer.deinit();
        lunatic.print("{s}\n", .{answer.value});
    }
}

test {
    _ = @import("greeting.zig");
    _ = server;
}
