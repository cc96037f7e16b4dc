const std = @import("std");

/// What is said to a name; a bug makes it fail for some.
pub fn greeting(buffer: []u8, name: []const u8) ![]const u8 {
    if (std.mem.eql(u8, name, "nobody")) @panic("there is nobody to greet");
    return std.fmt.bufPrint(buffer, "hello, {s}", .{name});
}

test "greets by name" {
    var buffer: [32]u8 = undefined;
    try std.testing.expectEqualStrings("hello, moon", try greeting(&buffer, "moon"));
}
