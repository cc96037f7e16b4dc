// The AssemblyScript half of a pair that talks to ../pair/pair.c: every shape of
// value, requests, tags and links; and without that, what the library does.
import { Child, Conn, Kind, Listener, Mailbox, Process, Reader, Reason, Writer, catchLinks, demonitor, exit, lastError, lookup, newTag, print, receive, register, self, setLabel, sleep, spawn, supervise, unregister } from "../../../sdk/assemblyscript/assembly";

const PATIENCE: i64 = 20000;

// enum Shape { Nothing, One(u32), Two(i8, String), Fields { x: f64, y: Option<bool> } }
function packShapes(w: Writer): void {
  w.array(4);
  w.variant(0);
  w.nil();
  w.variant(1);
  w.value<u32>(7);
  w.variant(2);
  w.array(2);
  w.value<i8>(-1);
  w.value<string>("two");
  w.variant(3);
  w.array(2);
  w.value<f64>(2.5);
  w.value<bool>(false);
}

function unpackShapes(r: Reader): void {
  r.tuple(4);
  assert(r.variant() == 0);
  r.nil();
  assert(r.variant() == 1);
  assert(r.value<u32>() == 7);
  assert(r.variant() == 2);
  r.tuple(2);
  assert(r.value<i8>() == -1);
  assert(r.value<string>() == "two");
  assert(r.variant() == 3);
  r.tuple(2);
  assert(r.value<f64>() == 2.5);
  assert(!r.isNil());
  assert(!r.value<bool>());
}

const WIDTHS: i64[] = [0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, i64.MAX_VALUE, -1, -32, -33, -128, -129, -32768, -32769, -2147483648, -4294967296];
const LARGE = 70000;
const SCRIPTS = "日本語, é, 🌕";

function sevens(size: i32): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = <u8>(i * 7);
  return bytes;
}

function isSevens(bytes: Uint8Array, size: i32): bool {
  if (bytes.length != size) return false;
  for (let i = 0; i < size; i++) if (bytes[i] != <u8>(i * 7)) return false;
  return true;
}

// Of each, all forms of a length, and nothing.
function packLengths(w: Writer): void {
  w.value<i64[]>(WIDTHS);
  w.array(4);
  w.value<string>("");
  w.value<Uint8Array>(new Uint8Array(0));
  w.value<u16[]>([]);
  w.map(0);
  w.value<string[]>([SCRIPTS, "x".repeat(300), "x".repeat(LARGE)]);
  w.array(3);
  w.value<Uint8Array>(sevens(300));
  w.value<Uint8Array>(sevens(LARGE));
  const flags = new Array<bool>(LARGE);
  for (let i = 0; i < LARGE; i++) flags[i] = i % 3 == 0;
  w.value<bool[]>(flags);
  w.value<string[][][]>([[["deep"], []], []]);
}

function unpackLengths(r: Reader): void {
  const widths = r.value<i64[]>();
  assert(widths.length == WIDTHS.length);
  for (let i = 0; i < widths.length; i++) assert(widths[i] == WIDTHS[i]);
  r.tuple(4);
  assert(r.value<string>() == "");
  assert(r.value<Uint8Array>().length == 0);
  assert(r.value<u16[]>().length == 0);
  assert(r.map() == 0);
  const texts = r.value<string[]>();
  assert(texts.length == 3 && texts[0] == SCRIPTS);
  assert(texts[1] == "x".repeat(300) && texts[2] == "x".repeat(LARGE));
  r.tuple(3);
  assert(isSevens(r.value<Uint8Array>(), 300));
  assert(isSevens(r.value<Uint8Array>(), LARGE));
  const flags = r.value<bool[]>();
  assert(flags.length == LARGE);
  for (let i = 0; i < LARGE; i++) assert(flags[i] == (i % 3 == 0));
  const deep = r.value<string[][][]>();
  assert(deep.length == 2 && deep[0].length == 2 && deep[1].length == 0);
  assert(deep[0][0].length == 1 && deep[0][0][0] == "deep" && deep[0][1].length == 0);
}

class All {
  constructor(public home: Process = new Process(), public good: bool = true) {}

  pack(w: Writer): void {
    w.array(22);
    w.value<bool>(this.good);
    w.array(5);
    w.value<i8>(i8.MIN_VALUE);
    w.value<i16>(-129);
    w.value<i32>(i32.MIN_VALUE);
    w.value<i64>(i64.MIN_VALUE);
    w.value<u64>(u64.MAX_VALUE);
    w.array(2);
    w.value<f32>(0.5);
    w.value<f64>(-1e300);
    w.value<string>("ß");
    w.value<string>("a text of more than thirty-one bytes");
    w.array(0);
    w.value<i32>(-33);
    w.nil();
    w.nil();
    w.value<u32>(65536);
    const list = new Array<i16>();
    for (let i: i16 = 0; i < 20; i++) list.push(i * 100 - 1000);
    w.value<i16[]>(list);
    w.value<i32[]>([1, 127, 128]);
    w.map(2);
    w.value<string>("one");
    w.value<u32>(1);
    w.value<string>("two");
    w.value<u32>(200000);
    const bytes = new Uint8Array(3);
    bytes[1] = 255;
    bytes[2] = 7;
    w.value<Uint8Array>(bytes);
    w.value<u16[]>([0, 255]);
    packShapes(w);
    packLengths(w);
    w.value<Process>(this.home);
  }

  unpack(r: Reader): void {
    r.tuple(22);
    this.good = r.value<bool>();
    r.tuple(5);
    assert(r.value<i8>() == i8.MIN_VALUE);
    assert(r.value<i16>() == -129);
    assert(r.value<i32>() == i32.MIN_VALUE);
    assert(r.value<i64>() == i64.MIN_VALUE);
    assert(r.value<u64>() == u64.MAX_VALUE);
    r.tuple(2);
    assert(r.value<f32>() == 0.5);
    assert(r.value<f64>() == -1e300);
    assert(r.value<string>() == "ß");
    assert(r.value<string>() == "a text of more than thirty-one bytes");
    r.tuple(0);
    assert(r.value<i32>() == -33);
    r.nil();
    assert(r.isNil());
    r.nil();
    assert(r.value<u32>() == 65536);
    const list = r.value<i16[]>();
    assert(list.length == 20);
    for (let i: i32 = 0; i < 20; i++) assert(list[i] == i * 100 - 1000);
    const array = r.value<u8[]>();
    assert(array.length == 3 && array[0] == 1 && array[2] == 128);
    assert(r.map() == 2);
    assert(r.value<string>() == "one");
    assert(r.value<u32>() == 1);
    assert(r.value<string>() == "two");
    assert(r.value<u32>() == 200000);
    const bytes = r.value<Uint8Array>();
    assert(bytes.length == 3 && bytes[1] == 255 && bytes[2] == 7);
    const raw = r.value<u16[]>();
    assert(raw.length == 2 && raw[1] == 255);
    unpackShapes(r);
    unpackLengths(r);
    this.home = r.value<Process>();
    assert(!r.failed, "a value of All");
  }
}

class Context {
  name: string = "";
  tag: i64 = 0;

  unpack(r: Reader): void {
    r.tuple(2);
    this.name = r.value<string>();
    this.tag = r.value<i64>();
  }
}

// What the other half spawns.
export function as_server(number: i32, long: i64): void {
  assert(number == -5 && long == 1 << 40);
  const context = receive(PATIENCE).read<Context>();
  assert(context.name == "context");
  const numbers = new Mailbox<u64>();
  assert(numbers.receive(PATIENCE, [context.tag]) == 2);
  assert(numbers.receive(PATIENCE) == 1);
  for (;;) {
    const message = receive(PATIENCE);
    assert(message.isRequest);
    const request = message.request<All>();
    if (!request.value.good) exit(3);
    const home = request.value.home;
    assert(home.same(request.from));
    home.send<i32>(-42, context.tag);
    request.reply<All>(new All(home));
    home.drop();
  }
}

class Order {
  server: Process = new Process();
  tag: i64 = 0;

  unpack(r: Reader): void {
    r.tuple(2);
    this.server = r.value<Process>();
    this.tag = r.value<i64>();
  }
}

// What pair.c spawns to ask another one.
export function as_asker(): void {
  const order = receive(PATIENCE).read<Order>();
  const numbers = new Mailbox<i32>();
  for (let i = 0; i < 20; i++) {
    const reply = order.server.call<All>(new All(self()), PATIENCE).read<All>();
    assert(reply.good && reply.home.same(self()));
    reply.home.drop();
    assert(numbers.receive(PATIENCE, [order.tag]) == -42);
  }
  assert(order.server.call<All>(new All(self(), false), PATIENCE).kind == Kind.Ended);
}

function ends(how: string): void {
  if (how == "exit") exit(5);
  if (how == "trap") unreachable();
  if (how == "wait") receive();
}

function adder(parent: Process): void {
  setLabel("adder");
  assert(register("adder", "1.2.3", self()));
  parent.send<string>("ready");
  let sum = 0;
  for (;;) {
    const request = receive(PATIENCE).request<i32>();
    sum += request.value;
    request.reply<i32>(sum);
  }
}

function messages(): void {
  self().send<string>("first");
  self().send<string>("second", 7);
  assert(receive(PATIENCE, [8, 7]).read<string>() == "second");
  assert(receive(1, [7]).kind == Kind.TimedOut);
  assert(receive(PATIENCE).read<string>() == "first");
  self().send<string>("ß");
  assert(receive().reader().value<i32>() == 0);
  self().send<i32>(300);
  const reader = receive().reader();
  reader.value<u8>();
  assert(reader.failed, "a number that does not fit");
  const bad = new Uint8Array(2);
  bad[0] = 0xa1;
  bad[1] = 0xff;
  const text = new Reader(bad);
  text.value<string>();
  assert(text.failed, "a text that is not UTF-8");
  self().send<Process>(self());
  const old = receive();
  self().send<i32>(1);
  const stale = old.reader();
  stale.value<Process>();
  assert(stale.failed, "a handle of an old message");
  receive();
}

function requests(): void {
  const server = spawn<Process>(adder, self())!;
  assert(receive(PATIENCE).read<string>() == "ready");
  const found = lookup("adder", "^1.1")!;
  assert(found.same(server));
  assert(lookup("adder", "2") === null);
  assert(found.call<i32>(1, PATIENCE).read<i32>() == 1);
  assert(found.call<i32>(2, PATIENCE).read<i32>() == 3);
  const tag = server.monitor();
  server.kill();
  const end = receive(PATIENCE, [tag]);
  assert(end.kind == Kind.Ended && end.reason == Reason.Killed);
  const answer = found.call<i32>(1, PATIENCE);
  assert(answer.kind == Kind.Ended);
  assert(lookup("adder", "1") === null);
  assert(register("me", "1.0.0", self()) && unregister("me", "1.0.0"));
  assert(lookup("me", "*") === null && !unregister("me", "1.0.0"));
}

function failures(): void {
  catchLinks(true);
  const link = newTag();
  spawn<string>(ends, "exit", link)!;
  assert(receive(PATIENCE, [link]).kind == Kind.LinkDied);
  spawn<string>(ends, "trap", link)!;
  assert(receive(PATIENCE, [link]).kind == Kind.LinkDied);
  const waits = spawn<string>(ends, "wait")!;
  demonitor(waits.monitor());
  const tag = waits.link();
  waits.unlink();
  waits.kill();
  assert(receive(5, [tag]).kind == Kind.TimedOut);
  const other = spawn<string>(ends, "wait")!;
  const monitor = other.monitor();
  other.send<i32>(0);
  const end = receive(PATIENCE, [monitor]);
  assert(end.kind == Kind.Ended && end.reason == Reason.Returned);
  catchLinks(false);
}

function talk(conn: Conn): void {
  const data = new Uint8Array(64);
  const count = conn.read(data, PATIENCE);
  assert(count == 5);
  assert(conn.write(data.subarray(0, count)));
  assert(conn.read(data, PATIENCE) == 0);
}

function network(): void {
  const listener = Listener.listen("127.0.0.1:0")!;
  const name = "127.0.0.1:" + listener.port.toString();
  assert(Listener.listen(name) === null && lastError.length > 0);
  const client = Conn.connect(name, PATIENCE)!;
  const server = listener.accept()!;
  const process = spawn<Conn>(talk, server)!;
  server.drop();
  const data = new Uint8Array(64);
  assert(client.read(data, 1) == -1 && client.timedOut);
  assert(client.write(Uint8Array.wrap(String.UTF8.encode("hello"))));
  assert(client.read(data, PATIENCE) == 5 && data[4] == 0x6f);
  const tag = process.monitor();
  client.drop();
  assert(receive(PATIENCE, [tag]).reason == Reason.Returned);
  listener.drop();
  assert(Conn.connect(name, PATIENCE) === null);
}

function life(parent: Process): void {
  parent.send<Process>(self(), 31);
  receive();
  exit(1);
}

function top(limit: i32): void {
  const children = [new Child("life", (link: i64): Process | null =>
    spawn<Process>(life, lookup("first", "1")!, link))];
  exit(supervise(children, limit, 60000) ? 0 : 4);
}

function supervision(): void {
  register("first", "1.0.0", self());
  const supervisor = spawn<i32>(top, 2)!;
  const tag = supervisor.monitor();
  for (let i = 0; i < 3; i++) receive(PATIENCE, [31]).read<Process>().send<i32>(0);
  const end = receive(PATIENCE, [tag]);
  assert(end.kind == Kind.Ended && end.reason == Reason.Exited && end.status == 4);
  const stopped = spawn<i32>(top, 2)!;
  const other = stopped.monitor();
  const child = receive(PATIENCE, [31]).read<Process>();
  const last = child.monitor();
  stopped.stop();
  assert(receive(PATIENCE, [last]).reason == Reason.Killed);
  assert(receive(PATIENCE, [other]).reason == Reason.Returned);
}

export function _start(): void {
  messages();
  requests();
  failures();
  network();
  supervision();
  sleep(1);
  print("passed");
}
