//! The guest library for Zig: processes, messages, links, monitors, names,
//! timers, supervisors and TCP of the lunatic runtime.
//!
//!     const lunatic = @import("lunatic");
//!
//!     fn square(n: u32, to: lunatic.Process) !void {
//!         try to.send(n * n);
//!     }
//!
//!     pub fn main() !void {
//!         _ = try lunatic.spawn(square, .{ 12, lunatic.self() });
//!         const answer = try lunatic.Mailbox(u32).receive(lunatic.forever);
//!         defer answer.deinit();
//!         lunatic.print("12 squared is {d}\n", .{answer.value});
//!     }
//!
//! Each process is an instance of the module with its own memory. Programs are
//! built for wasm32-wasi, with rdynamic, so that processes can begin in them.
const message = @import("message.zig");
const net = @import("net.zig");
const process = @import("process.zig");
const supervisor = @import("supervisor.zig");
const system = @import("system.zig");

pub const pack = @import("pack.zig");
pub const abi = @import("abi.zig");

pub const allocator = message.allocator;
pub const forever = message.forever;
pub const Kind = message.Kind;
pub const End = message.End;
pub const Message = message.Message;
pub const Request = message.Request;
pub const Received = message.Received;
pub const Mailbox = message.Mailbox;
pub const Timer = message.Timer;
pub const receive = message.receive;
pub const receiveTagged = message.receiveTagged;
pub const SendError = message.SendError;
pub const ReceiveError = message.ReceiveError;
pub const CallError = message.CallError;

/// How the process ended that was called last and has ended.
pub fn calledEnd() End {
    return message.called_end;
}

pub const Process = process.Process;
pub const How = process.How;
pub const Param = process.Param;
pub const SpawnError = process.SpawnError;
pub const NameError = process.NameError;
pub const self = process.self;
pub const spawn = process.spawn;
pub const spawnWith = process.spawnWith;
pub const spawnExport = process.spawnExport;
pub const catchLinks = process.catchLinks;
pub const demonitor = process.demonitor;
pub const newTag = process.newTag;
pub const setLabel = process.setLabel;
pub const sleep = process.sleep;
pub const register = process.register;
pub const unregister = process.unregister;
pub const lookup = process.lookup;

pub const Supervisor = supervisor.Supervisor;
pub const Strategy = supervisor.Strategy;
pub const Child = supervisor.Child;

pub const Conn = net.Conn;
pub const Listener = net.Listener;

pub const lastError = system.lastError;
pub const io = system.io;
pub const print = system.print;
pub const exit = system.exit;
pub const now = system.now;
