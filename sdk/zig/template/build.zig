const std = @import("std");

pub fn build(b: *std.Build) void {
    const root = b.createModule(.{
        .root_source_file = b.path("src/main.zig"),
        .target = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .wasi }),
        .optimize = b.standardOptimizeOption(.{}),
        .imports = &.{.{
            .name = "lunatic",
            .module = b.dependency("lunatic", .{}).module("lunatic"),
        }},
    });

    const app = b.addExecutable(.{ .name = "app", .root_module = root });
    app.rdynamic = true; // processes begin in exported functions
    b.installArtifact(app);

    const run = b.addSystemCommand(&.{"lunatic"});
    run.addArtifactArg(app);
    run.addArgs(&.{ "moon", "nobody", "stars" });
    run.has_side_effects = true;
    b.step("run", "Run the program").dependOn(&run.step);

    const tests = b.addTest(.{ .root_module = root });
    tests.rdynamic = true;
    const run_tests = b.addSystemCommand(&.{"lunatic"});
    run_tests.addArtifactArg(tests);
    run_tests.has_side_effects = true;
    b.step("test", "Run the tests").dependOn(&run_tests.step);
}
