// A guest in AssemblyScript: WASI and a few host functions of lunatic.

@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, iovs: usize, count: i32, written: usize): i32;

@external("wasi_snapshot_preview1", "random_get")
declare function random_get(data: usize, size: i32): i32;

@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(status: i32): void;

@external("lunatic::process", "this")
declare function self(): u64;

@external("lunatic::process", "inherit_spawn")
declare function inherit_spawn(link: i64, name: usize, name_len: i32,
  params: usize, params_len: i32, id: usize): i32;

@external("lunatic::message", "create_data")
declare function create_data(tag: i64, capacity: u64): void;

@external("lunatic::message", "write_data")
declare function write_data(data: usize, size: i32): i32;

@external("lunatic::message", "read_data")
declare function read_data(data: usize, size: i32): i32;

@external("lunatic::message", "push_process")
declare function push_process(id: u64): u64;

@external("lunatic::message", "take_process")
declare function take_process(index: u64): u64;

@external("lunatic::message", "get_tag")
declare function get_tag(): i64;

@external("lunatic::message", "send")
declare function send(id: u64): void;

@external("lunatic::message", "receive")
declare function receive(tags: usize, count: i32, timeout: i32): i32;

function print(text: string): void {
  const bytes = String.UTF8.encode(text);
  const iov = memory.data(12);
  store<u32>(iov, changetype<usize>(bytes) as u32);
  store<u32>(iov, bytes.byteLength, 4);
  fd_write(1, iov, 1, iov + 8);
}

// What the runtime of AssemblyScript calls when something throws.
export function fail(message: usize, file: usize, line: u32, column: u32): void {
  proc_exit(3);
}

function need(good: bool, what: string): void {
  if (!good) {
    print("failed: " + what + "\n");
    proc_exit(1);
  }
}

// Receives a text and a process, and answers with the text in capitals.
export function child(more: i32): void {
  need(receive(0, 0, 0) == 0, "receive");
  const text = new ArrayBuffer(5);
  need(read_data(changetype<usize>(text), 5) == 5, "read_data");
  const parent = take_process(0);
  const answer = String.UTF8.encode(String.UTF8.decode(text).toUpperCase());
  create_data(get_tag() + more, 0);
  write_data(changetype<usize>(answer), answer.byteLength);
  send(parent);
}

export function _start(): void {
  const random = new StaticArray<u64>(2);
  need(random_get(changetype<usize>(random), 16) == 0, "random_get");
  need((random[0] | random[1]) != 0, "random numbers");

  const name = String.UTF8.encode("child");
  const params = new StaticArray<u8>(17);
  params[0] = 0x7f;
  params[1] = 2;
  const id = memory.data(8, 8);
  need(inherit_spawn(0, changetype<usize>(name), 5,
    changetype<usize>(params), 17, id) == 0, "inherit_spawn");

  const text = String.UTF8.encode("hello");
  create_data(5, 0);
  write_data(changetype<usize>(text), 5);
  need(push_process(self()) == 0, "push_process");
  send(load<u64>(id));
  const tag = memory.data(8, 8);
  store<i64>(tag, 7);
  need(receive(tag, 1, 20000) == 0, "receive");
  read_data(changetype<usize>(text), 5);
  print(String.UTF8.decode(text) + " from AssemblyScript\n");
  proc_exit(7);
}
