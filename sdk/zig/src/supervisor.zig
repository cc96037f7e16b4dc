//! Supervisors: processes that start others, and start them anew when they end.
const std = @import("std");
const message = @import("message.zig");
const process = @import("process.zig");
const system = @import("system.zig");
const Process = process.Process;

/// A process that a supervisor starts.
pub const Child = struct {
    /// When it is started anew.
    pub const Restart = enum {
        /// However it ended.
        permanent,
        /// After a failure.
        transient,
        temporary,
    };

    name: []const u8,
    start: *const fn (how: process.How) process.SpawnError!Process,
    restart: Restart = .permanent,
    /// How long it may take to return when it has the order to stop
    /// (Message.isStop), in milliseconds; 0: it is killed at once.
    shutdown: u64 = 0,

    process: Process = undefined,
    monitor: ?i64 = null, // null: it does not run

    /// A child that calls the function with these arguments.
    pub fn of(comptime name: []const u8, comptime function: anytype, comptime args: std.meta.ArgsTuple(@TypeOf(function))) Child {
        const Start = struct {
            fn start(how: process.How) process.SpawnError!Process {
                return process.spawnWith(how, function, args);
            }
        };
        return .{ .name = name, .start = Start.start };
    }
};

pub const Strategy = enum {
    /// Only the child that has failed is started anew.
    one_for_one,
    /// All children are.
    one_for_all,
    /// It and those after it are.
    rest_for_one,
};

/// It fails when children had to be started anew more than `restarts` times
/// within that many milliseconds.
pub const Supervisor = struct {
    pub const Error = message.ReceiveError || process.SpawnError ||
        error{ TooManyRestarts, ParentDied };

    /// For the lines that it writes to standard error.
    name: []const u8 = "supervisor",
    strategy: Strategy = .one_for_one,
    children: []Child,
    restarts: u32 = 1,
    within: u64 = 5000,

    // When children were started anew, as a ring.
    times: std.ArrayList(u64) = .empty,
    link: i64 = 0, // the tag of the links with all children

    /// Makes this process a supervisor, which takes all of its messages. Returns
    /// when it was stopped (Process.stop), and all children with it, the last one
    /// first. If it returns an error, they were stopped too: let the process
    /// fail, so that the supervisor above it deals with that.
    pub fn run(s: *Supervisor) Error!void {
        process.catchLinks(true);
        process.setLabel(s.name);
        s.link = process.newTag();
        defer s.times.deinit(message.allocator);
        defer s.stopFrom(0);
        s.loop() catch |err| {
            std.debug.print("{s}: gives up: {s}\n", .{ s.name, @errorName(err) });
            return err;
        };
    }

    fn loop(s: *Supervisor) Error!void {
        try s.startFrom(0);
        while (true) {
            const mail = try message.receive(message.forever);
            defer mail.deinit();
            if (mail.isStop()) return;
            if (mail.kind == .ended) try s.ended(mail.tag, mail.end);
            if (mail.kind == .link_died and mail.tag != s.link) return error.ParentDied;
        }
    }

    // Starts the children from that one on which do not run.
    fn startFrom(s: *Supervisor, first: usize) Error!void {
        for (s.children[first..]) |*child| {
            if (child.monitor != null) continue;
            child.process = try child.start(.{ .link = s.link });
            child.monitor = child.process.monitor();
        }
    }

    fn stopFrom(s: *Supervisor, first: usize) void {
        var i = s.children.len;
        while (i > first) {
            i -= 1;
            stop(&s.children[i]);
        }
    }

    fn ended(s: *Supervisor, tag: i64, end: message.End) Error!void {
        for (s.children, 0..) |*child, i| {
            if (child.monitor != tag) continue;
            forget(child);
            if (child.restart == .temporary) return;
            if (child.restart == .transient and end.reason == .returned) return;
            std.debug.print("{s}: {s} has ended: {s}\n", .{ s.name, child.name, reasonName(end.reason) });
            return s.again(i);
        }
    }

    // Starts a child anew, and others as the strategy says.
    fn again(s: *Supervisor, which: usize) Error!void {
        const time = system.now();
        try s.times.append(message.allocator, time);
        while (s.times.items[0] + s.within < time) _ = s.times.orderedRemove(0);
        if (s.times.items.len > s.restarts) return error.TooManyRestarts;
        switch (s.strategy) {
            .one_for_one => return s.startFrom(which),
            .one_for_all => {
                s.stopFrom(0);
                return s.startFrom(0);
            },
            .rest_for_one => {
                s.stopFrom(which);
                return s.startFrom(which);
            },
        }
    }
};

fn reasonName(reason: message.End.Reason) []const u8 {
    return std.enums.tagName(message.End.Reason, reason) orelse "unknown";
}

fn stop(child: *Child) void {
    const tag = child.monitor orelse return;
    child.process.unlink();
    if (child.shutdown > 0) {
        child.process.stop();
        if (message.receiveTagged(child.shutdown, &.{tag})) |mail| {
            mail.deinit();
            return forget(child);
        } else |_| {}
    }
    child.process.kill();
    if (message.receiveTagged(message.forever, &.{tag})) |mail| mail.deinit() else |_| {}
    forget(child);
}

fn forget(child: *Child) void {
    child.process.drop();
    child.monitor = null;
}
