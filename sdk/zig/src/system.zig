//! Errors of the host, output, time.
const std = @import("std");
const abi = @import("abi.zig");

var error_text: [256]u8 = undefined;
var error_len: usize = 0;

/// The text of the last error of the host, cut after 256 bytes.
pub fn lastError() []const u8 {
    return error_text[0..error_len];
}

pub fn noteError(id: u64) void {
    const size = abi.errors.string_size(id);
    defer abi.errors.drop(id);
    error_len = 0;
    if (size <= error_text.len) {
        abi.errors.to_string(id, &error_text);
        error_len = size;
        return;
    }
    const allocator = std.heap.wasm_allocator;
    const text = allocator.alloc(u8, size) catch return;
    defer allocator.free(text);
    abi.errors.to_string(id, text.ptr);
    @memcpy(&error_text, text[0..error_text.len]);
    error_len = error_text.len;
}

/// Input and output of the standard library, in every process.
pub fn io() std.Io {
    return std.Io.Threaded.global_single_threaded.io();
}

/// Writes to standard output. What cannot be written is lost.
pub fn print(comptime format: []const u8, args: anytype) void {
    var buffer: [256]u8 = undefined;
    var writer = std.Io.File.stdout().writerStreaming(io(), &buffer);
    writer.interface.print(format, args) catch return;
    writer.interface.flush() catch return;
}

/// Ends this process.
pub fn exit(status: u32) noreturn {
    std.os.wasi.proc_exit(status);
}

/// Milliseconds of a clock that is never set back.
pub fn now() u64 {
    var time: u64 = 0;
    _ = std.os.wasi.clock_time_get(.MONOTONIC, 0, &time);
    return time / std.time.ns_per_ms;
}
