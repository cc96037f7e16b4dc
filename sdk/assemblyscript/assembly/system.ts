// What the runtime of AssemblyScript and programs need of WASI.
import * as abi from "./abi";

function put(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  const piece = new StaticArray<u32>(3);
  let at = changetype<usize>(bytes);
  let left = <u32>bytes.byteLength;
  while (left > 0) {
    piece[0] = <u32>at;
    piece[1] = left;
    if (abi.fd_write(fd, changetype<usize>(piece), 1, changetype<usize>(piece) + 8) != 0) return;
    at += piece[2];
    left -= piece[2];
  }
}

// Writes a line to standard output.
export function print(text: string): void { put(1, text + "\n"); }

// Writes a line to standard error.
export function printError(text: string): void { put(2, text + "\n"); }

// Ends this process.
export function exit(status: u32): void { abi.proc_exit(status); }

// What a failed assertion or `throw` calls: --use abort=lunatic/assembly/system/fail.
export function fail(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = message === null ? "" : message;
  const place = file === null ? "" : file;
  printError("abort: " + text + " in " + place + ":" + line.toString() + ":" + column.toString());
  unreachable();
}

// Milliseconds of a clock that is never set back.
export function now(): u64 {
  const time = new StaticArray<u64>(1);
  abi.clock_time_get(1, 0, changetype<usize>(time));
  return time[0] / 1000000;
}

// The arguments of the program, its name first.
export function args(): string[] {
  const sizes = new StaticArray<u32>(2);
  const list = new Array<string>();
  const at = changetype<usize>(sizes);
  if (abi.args_sizes_get(at, at + 4) != 0) return list;
  const starts = new StaticArray<u32>(sizes[0]);
  const data = new StaticArray<u8>(sizes[1]);
  if (abi.args_get(changetype<usize>(starts), changetype<usize>(data)) != 0) return list;
  for (let i: u32 = 0; i < sizes[0]; i++) {
    let end = <usize>starts[i];
    while (load<u8>(end) != 0) end++;
    list.push(String.UTF8.decodeUnsafe(starts[i], end - starts[i]));
  }
  return list;
}
