// Processes, messages, requests, links, monitors, names.
import * as abi from "./abi";
import { Reader, Writer } from "./pack";

// A timeout that never comes; others are milliseconds.
export const FOREVER: i64 = -1;

// What came, or that nothing did.
export enum Kind { Data = 0, LinkDied = 1, Ended = 2, TimedOut = 9027 }

// Why a process is gone.
export enum Reason { Returned, Exited, Trapped, Killed, NoProcess, NodeLost }

const TAG_STOP: i64 = -1000001; // the order to stop, as in the library for C
const SPAWN = "_lunatic_spawn_by_index";

// The text of the last error of the host.
export let lastError: string = "";

export function noteError(id: u64): void {
  const text = new Uint8Array(abi.error_string_size(id));
  abi.error_to_string(id, text.dataStart);
  abi.error_drop(id);
  lastError = String.UTF8.decodeUnsafe(text.dataStart, text.length);
}

export function hostTimeout(timeout: i64): u32 {
  if (timeout < 0) return 0;
  if (timeout > <i64>u32.MAX_VALUE) return u32.MAX_VALUE;
  return timeout == 0 ? 1 : <u32>timeout;
}

const cell = new StaticArray<u64>(2);
function cellAt(): usize { return changetype<usize>(cell); }

// The host has one message, which is written or was received last; its number.
let current: u32 = 0;
let reading: u32 = 0;

// The number of a handle in the message that is read; false if there is none.
let handleIndex: u64 = 0;
export function readHandle(reader: Reader): bool {
  handleIndex = reader.uint();
  if (reading != current) reader.fail();
  return !reader.failed;
}
export function lastHandle(): u64 { return handleIndex; }

// A handle to a process; it is valid in this process, and in messages, which get
// a handle of their own. Processes live on when handles to them are dropped.
export class Process {
  constructor(public id: u64 = u64.MAX_VALUE) {}

  pack(writer: Writer): void {
    writer.uint(abi.message_push_process(abi.process_clone(this.id)));
  }

  unpack(reader: Reader): void {
    if (readHandle(reader)) this.id = abi.message_take_process(lastHandle());
  }

  drop(): void { abi.process_drop(this.id); }

  // Unique on all nodes.
  uuid(): string {
    abi.process_uuid(this.id, cellAt());
    return cell[0].toString(16) + ":" + cell[1].toString(16);
  }

  same(other: Process): bool { return this.uuid() == other.uuid(); }

  // Sends a value, with a tag if it is not 0.
  send<T>(value: T, tag: i64 = 0): void {
    const writer = new Writer();
    abi.message_create(tag, 0);
    current++;
    writer.value<T>(value);
    sendBytes(writer, this.id);
  }

  // Asks for an answer, which a process of any language gives: see Reply.
  call<T>(value: T, timeout: i64 = FOREVER): Message {
    const tag = abi.message_new_tag();
    const writer = new Writer();
    abi.message_create(tag, 0);
    current++;
    writer.array(3);
    writer.value<T>(value);
    writer.int(tag);
    writer.value<Process>(self());
    write(writer);
    return arrived(abi.message_request(this.id, hostTimeout(timeout)));
  }

  // Links this process with that one: if one fails, the other fails too, or,
  // after catchLinks(true), gets a message with the tag.
  link(): i64 {
    const tag = newTag();
    abi.process_link(tag, this.id);
    return tag;
  }

  unlink(): void { abi.process_unlink(this.id); }

  // Asks for one message, with the tag, when that process has ended.
  monitor(): i64 { return abi.process_monitor(this.id); }

  kill(): void { abi.process_kill(this.id); }

  // Asks a supervisor or server to stop.
  stop(): void { this.send<bool>(true, TAG_STOP); }
}

export function demonitor(tag: i64): void { abi.process_demonitor(tag); }

function write(writer: Writer): void {
  const bytes = writer.bytes();
  abi.message_write(bytes.dataStart, bytes.length);
}

function sendBytes(writer: Writer, to: u64): void {
  write(writer);
  abi.message_send(to);
  current++;
}

let own: Process | null = null;

// This process.
export function self(): Process {
  if (own === null) own = new Process(abi.process_this());
  return own!;
}

// A message.
export class Message {
  tag: i64 = 0;
  reason: Reason = Reason.Returned; // of a message of the kind Ended
  status: u32 = 0; // that the process exited with
  private data: Uint8Array = new Uint8Array(0);
  private number: u32 = 0;

  constructor(public kind: Kind) {}

  // Whether it has a value, not one of the other kinds.
  get ok(): bool { return this.kind == Kind.Data; }

  // The order of a supervisor to stop.
  get isStop(): bool { return this.ok && this.tag == TAG_STOP; }

  take(): void {
    this.tag = abi.message_tag();
    this.number = current;
    if (this.kind == Kind.LinkDied) return;
    this.data = new Uint8Array(<i32>abi.message_size());
    abi.message_read(this.data.dataStart, this.data.length);
    if (this.kind == Kind.Ended && this.data.length >= 8) {
      this.reason = <Reason>load<u32>(this.data.dataStart);
      this.status = load<u32>(this.data.dataStart, 4);
    }
  }

  reader(): Reader {
    reading = this.number;
    return new Reader(this.data);
  }

  // Whether it is a request.
  get isRequest(): bool {
    if (!this.ok || this.tag == 0) return false;
    const reader = this.reader();
    reader.tuple(3);
    reader.skip();
    return reader.int() == this.tag && !reader.failed;
  }

  // The value. If it is of another type, or there is none, the process fails.
  read<T>(): T {
    assert(this.ok, "there is no value in this message");
    const reader = this.reader();
    const value = reader.value<T>();
    assert(reader.done(), "a message of another type");
    return value;
  }

  // A request: its value, and who waits for the answer.
  request<T>(): Request<T> {
    const reader = this.reader();
    reader.tuple(3);
    const value = reader.value<T>();
    const tag = reader.int();
    const from = reader.value<Process>();
    assert(reader.done(), "a request of another type");
    return new Request<T>(value, tag, from);
  }
}

export class Request<T> {
  constructor(public value: T, private tag: i64, public from: Process) {}

  // Answers, once.
  reply<R>(value: R): void {
    this.from.send<R>(value, this.tag);
    this.from.drop();
  }
}

function arrived(kind: u32): Message {
  const message = new Message(<Kind>kind);
  if (kind == Kind.TimedOut) return message;
  current++;
  message.take();
  return message;
}

// Waits for the oldest message, or the oldest with one of the tags; with a
// timeout of 0 it only looks for one.
export function receive(timeout: i64 = FOREVER, tags: i64[] = []): Message {
  if (timeout == 0) return arrived(abi.message_try_receive(tags.dataStart, tags.length));
  return arrived(abi.message_receive(tags.dataStart, tags.length, hostTimeout(timeout)));
}

// Receives values of one type.
export class Mailbox<T> {
  receive(timeout: i64 = FOREVER, tags: i64[] = []): T {
    return receive(timeout, tags).read<T>();
  }
}

function spawnParams(helper: u32, entry: u32): StaticArray<u8> {
  const params = new StaticArray<u8>(34);
  const at = changetype<usize>(params);
  store<u8>(at, 0x7f);
  store<u32>(at, helper, 1);
  store<u8>(at, 0x7f, 17);
  store<u32>(at, entry, 18);
  return params;
}

// Spawns a process that calls a function with a value; with a link if the tag of
// one is given. null: it cannot be spawned, lastError says why.
export function spawn<T>(entry: (argument: T) => void, argument: T, link: i64 = 0): Process | null {
  const helper = (entry: u32): void => {
    const message = receive();
    call_indirect<void>(entry, message.read<T>());
  };
  const params = spawnParams(helper.index, entry.index);
  const name = String.UTF8.encode(SPAWN);
  if (abi.process_inherit_spawn(link, changetype<usize>(name), name.byteLength,
    changetype<usize>(params), params.length, cellAt()) != 0) {
    noteError(cell[0]);
    return null;
  }
  const child = new Process(cell[0]);
  child.send<T>(argument);
  return child;
}

// Chooses what the failure of a linked process does: a message, or, as at the
// start, this process fails too.
export function catchLinks(catches: bool): void {
  abi.process_die_when_link_dies(catches ? 0 : 1);
}

// Waits that many milliseconds.
export function sleep(milliseconds: u64): void { abi.process_sleep(milliseconds); }

let nextTag: i64 = 0;

// A tag that this process has not used before, far from those of others.
export function newTag(): i64 {
  if (nextTag == 0) {
    abi.process_uuid(self().id, cellAt());
    nextTag = <i64>((cell[0] ^ cell[1]) >> 2 | 1 << 32);
  }
  return ++nextTag;
}

// A label, at most 63 bytes, for reports and lunatic ps.
export function setLabel(label: string): void {
  const bytes = String.UTF8.encode(label);
  abi.process_set_label(changetype<usize>(bytes), bytes.byteLength);
}

// Registers a process under a name and a semantic version in this environment.
export function register(name: string, version: string, process: Process): bool {
  const a = String.UTF8.encode(name);
  const b = String.UTF8.encode(version);
  return abi.process_register(changetype<usize>(a), a.byteLength, changetype<usize>(b),
    b.byteLength, abi.process_this_env(), process.id) == 0;
}

// Removes a name and version.
export function unregister(name: string, version: string): bool {
  const a = String.UTF8.encode(name);
  const b = String.UTF8.encode(version);
  return abi.process_unregister(changetype<usize>(a), a.byteLength, changetype<usize>(b),
    b.byteLength, abi.process_this_env()) == 0;
}

// Finds the process with the highest version that fulfils a requirement, such as
// "^1.2" or "*".
export function lookup(name: string, requirement: string): Process | null {
  const a = String.UTF8.encode(name);
  const b = String.UTF8.encode(requirement);
  if (abi.process_lookup(changetype<usize>(a), a.byteLength, changetype<usize>(b),
    b.byteLength, cellAt()) != 0) return null;
  return new Process(cell[0]);
}
