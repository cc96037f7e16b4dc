const std = @import("std");

/// Offers the module "lunatic".
pub fn build(b: *std.Build) void {
    _ = b.addModule("lunatic", .{ .root_source_file = b.path("src/lunatic.zig") });
}
