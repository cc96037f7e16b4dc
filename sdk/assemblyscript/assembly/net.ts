// TCP. A call that waits parks this process alone.
import * as abi from "./abi";
import { FOREVER, hostTimeout, lastHandle, noteError, readHandle } from "./process";
import { Reader, Writer } from "./pack";

const TIMED_OUT = 9027;

// An address, and the cells that the host writes it into.
class Addr {
  version: u32 = 0;
  flow: u32 = 0;
  scope: u32 = 0;
  port: u32 = 0;
  ip: StaticArray<u8> = new StaticArray<u8>(16);

  // Takes the next one out of an iterator.
  next(iterator: u64): bool {
    const at = changetype<usize>(this);
    this.port = 0;
    return abi.net_resolve_next(iterator, at + offsetof<Addr>("version"),
      changetype<usize>(this.ip), at + offsetof<Addr>("port"),
      at + offsetof<Addr>("flow"), at + offsetof<Addr>("scope")) == 0;
  }
}

const cells = new StaticArray<u64>(2);
function cellsAt(): usize { return changetype<usize>(cells); }

// An iterator over the addresses of HOST:PORT is in the first cell.
function resolve(name: string, timeout: i64): bool {
  const bytes = String.UTF8.encode(name);
  const result = abi.net_resolve(changetype<usize>(bytes), bytes.byteLength,
    hostTimeout(timeout), cellsAt());
  if (result == 1) noteError(cells[0]);
  return result == 0;
}

// A TCP connection. It may be in messages, which have a clone; it is closed when
// all clones are dropped.
export class Conn {
  timedOut: bool = false; // the last read or write

  constructor(public id: u64 = u64.MAX_VALUE) {}

  // Connects with HOST:PORT. null: lastError says why.
  static connect(name: string, timeout: i64 = FOREVER): Conn | null {
    if (!resolve(name, timeout)) return null;
    const iterator = cells[0];
    const addr = new Addr();
    let conn: Conn | null = null;
    while (conn === null && addr.next(iterator)) {
      const result = abi.net_connect(addr.version, changetype<usize>(addr.ip), addr.port,
        addr.flow, addr.scope, hostTimeout(timeout), cellsAt());
      if (result == 0) conn = new Conn(cells[0]);
      else if (result == 1) noteError(cells[0]);
    }
    abi.net_drop_iterator(iterator);
    return conn;
  }

  private result(result: u32): i32 {
    this.timedOut = result == TIMED_OUT;
    if (result == 0) return <i32>cells[0];
    if (result == 1) noteError(cells[0]);
    return -1;
  }

  // Waits for bytes. How many there are; 0 at the end; -1 after a timeout or an
  // error.
  read(data: Uint8Array, timeout: i64 = FOREVER): i32 {
    return this.result(abi.net_read(this.id, data.dataStart, data.length,
      hostTimeout(timeout), cellsAt()));
  }

  // Writes all bytes; false after a timeout or an error.
  write(data: Uint8Array, timeout: i64 = FOREVER): bool {
    const piece = new StaticArray<u32>(2);
    for (let done = 0; done < data.length;) {
      piece[0] = <u32>data.dataStart + done;
      piece[1] = data.length - done;
      const count = this.result(abi.net_write(this.id, changetype<usize>(piece), 1,
        hostTimeout(timeout), cellsAt()));
      if (count < 0) return false;
      done += count;
    }
    return true;
  }

  drop(): void { abi.net_drop_stream(this.id); }

  pack(writer: Writer): void {
    writer.uint(abi.message_push_stream(abi.net_clone_stream(this.id)));
  }

  unpack(reader: Reader): void {
    if (readHandle(reader)) this.id = abi.message_take_stream(lastHandle());
  }
}

// Accepts connections.
export class Listener {
  constructor(private id: u64) {}

  // Listens at HOST:PORT; port 0 lets the system choose. null: lastError says why.
  static listen(name: string): Listener | null {
    if (!resolve(name, FOREVER)) return null;
    const iterator = cells[0];
    const addr = new Addr();
    let listener: Listener | null = null;
    while (listener === null && addr.next(iterator)) {
      if (abi.net_bind(addr.version, changetype<usize>(addr.ip), addr.port, addr.flow,
        addr.scope, cellsAt()) == 0) listener = new Listener(cells[0]);
      else noteError(cells[0]);
    }
    abi.net_drop_iterator(iterator);
    return listener;
  }

  // The port that it is bound to.
  get port(): u32 {
    const addr = new Addr();
    if (abi.net_local_addr(this.id, cellsAt()) != 0) {
      noteError(cells[0]);
      return 0;
    }
    const iterator = cells[0];
    addr.next(iterator);
    abi.net_drop_iterator(iterator);
    return addr.port;
  }

  // Waits for a connection. null: lastError says why.
  accept(): Conn | null {
    if (abi.net_accept(this.id, cellsAt(), cellsAt() + 8) != 0) {
      noteError(cells[0]);
      return null;
    }
    abi.net_drop_iterator(cells[1]);
    return new Conn(cells[0]);
  }

  drop(): void { abi.net_drop_listener(this.id); }
}
