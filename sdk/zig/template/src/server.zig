//! A server greets names, below a supervisor that starts it anew when it fails.
const std = @import("std");
const lunatic = @import("lunatic");
const greeting = @import("greeting.zig").greeting;

const patience = 5000; // milliseconds

fn greeter() !void {
    try lunatic.register("greeter", "1.0.0", lunatic.self());
    while (true) {
        var mail = try lunatic.receive(lunatic.forever);
        defer mail.deinit();
        if (!mail.isRequest()) continue;
        const request = try mail.request([]const u8);
        var buffer: [100]u8 = undefined;
        try request.reply(try greeting(&buffer, request.value));
    }
}

pub fn supervise() !void {
    var children = [_]lunatic.Child{.of("greeter", greeter, .{})};
    var supervisor: lunatic.Supervisor = .{
        .children = &children,
        .restarts = 5,
        .within = 10000,
    };
    try supervisor.run();
}

/// Asks the greeter, as soon as there is one.
pub fn greet(name: []const u8) !lunatic.Received([]const u8) {
    const deadline = lunatic.now() + patience;
    while (true) {
        const server = lunatic.lookup("greeter", "1") catch |err| {
            if (lunatic.now() > deadline) return err;
            lunatic.sleep(1);
            continue;
        };
        defer server.drop();
        return server.call([]const u8, name, patience);
    }
}

test "the greeter is started anew" {
    _ = try lunatic.spawn(supervise, .{});
    const first = try greet("moon");
    defer first.deinit();
    try std.testing.expectEqualStrings("hello, moon", first.value);
    try std.testing.expectError(error.ProcessEnded, greet("nobody"));
    const second = try greet("stars");
    defer second.deinit();
    try std.testing.expectEqualStrings("hello, stars", second.value);
}
