//! A pool of workers below a supervisor. The workers ask the first process for
//! jobs. A job that crashes its worker is given to another one, up to three
//! times, while the supervisor starts the worker anew.
//!
//! Build, in the folder above examples:
//!        zig build-exe -target wasm32-wasi -rdynamic --dep lunatic
//!            -Mroot=examples/zig/pool.zig
//!            -Mlunatic=sdk/zig/src/lunatic.zig --name pool
//! Run:   lunatic pool.wasm
const std = @import("std");
const lunatic = @import("lunatic");

const jobs = 12;
const attempts = 3;

const Job = struct { number: u32, attempt: u32 = 0 };

// What a worker says: what it has done, and that it waits for more.
const Work = struct { done: ?Job = null, square: u32 = 0 };

fn square(job: Job) u32 {
    if (job.number == 5 and job.attempt == 1) @panic("job 5 crashes its first worker");
    if (job.number == 9) @panic("job 9 crashes all workers");
    return job.number * job.number;
}

fn worker() !void {
    const pool = try lunatic.lookup("pool", "^1");
    var work: Work = .{};
    while (true) {
        const job = try pool.call(Job, work, lunatic.forever);
        defer job.deinit();
        work = .{ .done = job.value, .square = square(job.value) };
    }
}

fn supervise() !void {
    var children = [_]lunatic.Child{
        .of("worker 1", worker, .{}),
        .of("worker 2", worker, .{}),
        .of("worker 3", worker, .{}),
    };
    var top: lunatic.Supervisor = .{
        .name = "workers",
        .children = &children,
        .restarts = 10,
        .within = 10000,
    };
    try top.run();
}

// A job that is worked on, and the monitor of its worker.
const Busy = struct { monitor: i64, worker: [16]u8, job: Job };

const Pool = struct {
    waiting: std.ArrayList(Job) = .empty,
    idle: std.ArrayList(lunatic.Request(Work)) = .empty,
    busy: std.ArrayList(Busy) = .empty,
    squares: [jobs + 1]u32 = @splat(0),
    failed: std.ArrayList(u32) = .empty,
    left: u32 = jobs,

    // A worker is gone: its job waits again, or has failed too often.
    fn gone(pool: *Pool, tag: i64) !void {
        for (pool.busy.items, 0..) |busy, i| {
            if (busy.monitor != tag) continue;
            _ = pool.busy.swapRemove(i);
            if (busy.job.attempt < attempts) {
                return pool.waiting.append(lunatic.allocator, busy.job);
            }
            pool.left -= 1;
            return pool.failed.append(lunatic.allocator, busy.job.number);
        }
    }

    fn asked(pool: *Pool, request: lunatic.Request(Work)) !void {
        if (request.value.done) |job| {
            const uuid = request.from.uuid();
            for (pool.busy.items, 0..) |busy, i| {
                if (!std.mem.eql(u8, &busy.worker, &uuid)) continue;
                lunatic.demonitor(busy.monitor);
                _ = pool.busy.swapRemove(i);
                break;
            }
            pool.squares[job.number] = request.value.square;
            pool.left -= 1;
        }
        try pool.idle.append(lunatic.allocator, request);
    }

    fn give(pool: *Pool) !void {
        while (pool.idle.items.len > 0 and pool.waiting.items.len > 0) {
            const request = pool.idle.orderedRemove(0);
            var job = pool.waiting.orderedRemove(0);
            job.attempt += 1;
            try pool.busy.append(lunatic.allocator, .{
                .monitor = request.from.monitor(),
                .worker = request.from.uuid(),
                .job = job,
            });
            try request.reply(job);
        }
    }
};

pub fn main() !void {
    var pool: Pool = .{};
    for (1..jobs + 1) |i| try pool.waiting.append(lunatic.allocator, .{ .number = @intCast(i) });
    try lunatic.register("pool", "1.0.0", lunatic.self());
    const top = try lunatic.spawn(supervise, .{});
    while (pool.left > 0) {
        var mail = try lunatic.receive(60000);
        defer mail.deinit();
        if (mail.kind == .ended) {
            try pool.gone(mail.tag);
        } else if (mail.isRequest()) {
            try pool.asked(try mail.request(Work));
        }
        try pool.give();
    }
    const end = top.monitor();
    top.stop();
    _ = try lunatic.receiveTagged(lunatic.forever, &.{end});
    for (pool.squares, 0..) |result, i| {
        if (result > 0) lunatic.print("{d} squared is {d}\n", .{ i, result });
    }
    lunatic.print("failed:", .{});
    for (pool.failed.items) |number| lunatic.print(" {d}", .{number});
    lunatic.print("\n", .{});
}
