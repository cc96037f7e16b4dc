// MessagePack, as the guest libraries for C, Rust and Go write it. A class is
// written by its method pack(writer: Writer): void, as exactly one value, and
// read by unpack(reader: Reader): void of one that was made without arguments.

// Writes one value.
export class Writer {
  private data: Uint8Array = new Uint8Array(64);
  private used: i32 = 0;

  private room(size: i32): usize {
    const wanted = this.used + size;
    if (wanted > this.data.length) {
      const larger = new Uint8Array(max(wanted, 2 * this.data.length));
      memory.copy(larger.dataStart, this.data.dataStart, this.used);
      this.data = larger;
    }
    const at = this.data.dataStart + this.used;
    this.used = wanted;
    return at;
  }

  // What was written.
  bytes(): Uint8Array { return this.data.subarray(0, this.used); }

  private byte(value: u32): void { store<u8>(this.room(1), <u8>value); }

  private marked(marker: u32, value: u64, size: i32): void {
    this.byte(marker);
    const at = this.room(size);
    for (let i = 0; i < size; i++) {
      store<u8>(at + i, <u8>(value >> <u64>(8 * (size - 1 - i))));
    }
  }

  private length(marker: u32, length: i32): void {
    if (length < 0x100) this.marked(marker, length, 1);
    else if (length < 0x10000) this.marked(marker + 1, length, 2);
    else this.marked(marker + 2, length, 4);
  }

  nil(): void { this.byte(0xc0); }

  bool(value: bool): void { this.byte(value ? 0xc3 : 0xc2); }

  uint(value: u64): void {
    if (value < 0x80) this.byte(<u32>value);
    else if (value < 0x100) this.marked(0xcc, value, 1);
    else if (value < 0x10000) this.marked(0xcd, value, 2);
    else if (value < 0x100000000) this.marked(0xce, value, 4);
    else this.marked(0xcf, value, 8);
  }

  int(value: i64): void {
    if (value >= 0) this.uint(value);
    else if (value >= -32) this.byte(<u32>value & 0xff);
    else if (value >= i8.MIN_VALUE) this.marked(0xd0, value, 1);
    else if (value >= i16.MIN_VALUE) this.marked(0xd1, value, 2);
    else if (value >= i32.MIN_VALUE) this.marked(0xd2, value, 4);
    else this.marked(0xd3, value, 8);
  }

  f32(value: f32): void { this.marked(0xca, reinterpret<u32>(value), 4); }

  f64(value: f64): void { this.marked(0xcb, reinterpret<u64>(value), 8); }

  // Half of a surrogate pair becomes U+FFFD.
  string(value: string): void {
    const size = String.UTF8.byteLength(value);
    if (size < 32) this.byte(0xa0 | size);
    else this.length(0xd9, size);
    const at = this.room(size);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, at,
      false, String.UTF8.ErrorMode.REPLACE);
  }

  bin(value: Uint8Array): void {
    this.length(0xc4, value.length);
    const at = this.room(value.length);
    memory.copy(at, value.dataStart, value.length);
  }

  // That many values must follow.
  array(count: i32): void {
    if (count < 16) this.byte(0x90 | count);
    else if (count < 0x10000) this.marked(0xdc, count, 2);
    else this.marked(0xdd, count, 4);
  }

  // That many pairs of key and value must follow.
  map(count: i32): void {
    if (count < 16) this.byte(0x80 | count);
    else if (count < 0x10000) this.marked(0xde, count, 2);
    else this.marked(0xdf, count, 4);
  }

  // A variant of an enum of Rust; its content must follow as one value.
  variant(index: u32): void {
    this.map(1);
    this.uint(index);
  }

  // A value of any type that can be written.
  value<T>(value: T): void {
    if (isBoolean<T>()) this.bool(<bool>value);
    else if (isInteger<T>()) {
      if (isSigned<T>()) this.int(<i64>value);
      else this.uint(<u64>value);
    } else if (isFloat<T>()) {
      if (sizeof<T>() == 4) this.f32(<f32>value);
      else this.f64(<f64>value);
    } else if (isNullable<T>()) {
      if (value === null) this.nil();
      else this.value<NonNullable<T>>(value);
    } else if (isString<T>()) this.string(changetype<string>(value));
    else if (idof<T>() == idof<Uint8Array>()) this.bin(changetype<Uint8Array>(value));
    else if (isArray<T>()) {
      const count = value.length;
      this.array(count);
      for (let i = 0; i < count; i++) this.value<valueof<T>>(value[i]);
    } else value.pack(this);
  }
}

// Reads one value. It is strict: a value must have the wanted type, numbers must
// fit, and texts must be UTF-8. It remembers the first failure, after which
// every read returns nothing.
export class Reader {
  failed: bool = false;
  private at: i32 = 0;

  constructor(private data: Uint8Array = new Uint8Array(0)) {}

  fail(): void { this.failed = true; }

  // Whether all was read, without a failure.
  done(): bool { return !this.failed && this.at == this.data.length; }

  // The next byte, 0xc1 (which begins no value) after the end.
  private peek(): u32 {
    if (this.failed || this.at >= this.data.length) return 0xc1;
    return load<u8>(this.data.dataStart + this.at);
  }

  private take(size: u64): usize {
    if (this.failed || size > <u64>(this.data.length - this.at)) {
      this.failed = true;
      return 0;
    }
    const at = this.data.dataStart + this.at;
    this.at += <i32>size;
    return at;
  }

  private number(size: i32): u64 {
    const at = this.take(size);
    let number: u64 = 0;
    if (at != 0) {
      for (let i = 0; i < size; i++) number = number << 8 | <u64>load<u8>(at + i);
    }
    return number;
  }

  private marker(from: u32, to: u32): u32 {
    const byte = this.peek();
    if (byte < from || byte > to || byte == 0xc1) this.failed = true;
    this.take(1);
    return this.failed ? 0 : byte;
  }

  isNil(): bool { return this.peek() == 0xc0; }

  nil(): void { this.marker(0xc0, 0xc0); }

  bool(): bool { return this.marker(0xc2, 0xc3) == 0xc3; }

  private isNegative(): bool {
    const byte = this.peek();
    if (byte >= 0xe0) return true;
    if (byte < 0xd0 || byte > 0xd3 || this.at + 1 >= this.data.length) return false;
    return load<u8>(this.data.dataStart + this.at + 1) >= 0x80;
  }

  uint(): u64 {
    const byte = this.peek();
    if (byte < 0x80) return this.marker(0, 0x7f);
    if (this.isNegative()) this.failed = true;
    if (byte <= 0xcf) {
      this.marker(0xcc, 0xcf);
      return this.number(1 << (byte - 0xcc));
    }
    this.marker(0xd0, 0xd3);
    return this.number(1 << (byte - 0xd0));
  }

  int(): i64 {
    if (!this.isNegative()) {
      const number = this.uint();
      if (number > <u64>i64.MAX_VALUE) this.failed = true;
      return this.failed ? 0 : <i64>number;
    }
    const byte = this.marker(0xd0, 0xff);
    if (byte >= 0xe0) return <i64>(<i8>byte);
    const bits = 8 << (byte - 0xd0);
    const number = this.number(bits >> 3);
    return <i64>(number << <u64>(64 - bits)) >> <i64>(64 - bits);
  }

  f32(): f32 {
    this.marker(0xca, 0xca);
    return reinterpret<f32>(<u32>this.number(4));
  }

  // Also one of 32 bits.
  f64(): f64 {
    if (this.peek() == 0xca) return <f64>this.f32();
    this.marker(0xcb, 0xcb);
    return reinterpret<f64>(this.number(8));
  }

  string(): string {
    const byte = this.peek();
    let size: u64 = byte & 31;
    if (byte < 0xc0) this.marker(0xa0, 0xbf);
    else {
      this.marker(0xd9, 0xdb);
      size = this.number(1 << (byte - 0xd9));
    }
    const at = this.take(size);
    if (!this.failed && !isUTF8(at, at + <usize>size)) this.failed = true;
    return this.failed ? "" : String.UTF8.decodeUnsafe(at, <usize>size);
  }

  bin(): Uint8Array {
    const byte = this.marker(0xc4, 0xc6);
    const size = this.failed ? 0 : this.number(1 << (byte - 0xc4));
    const at = this.take(size);
    if (this.failed) return new Uint8Array(0);
    const copy = new Uint8Array(<i32>size);
    memory.copy(copy.dataStart, at, <usize>size);
    return copy;
  }

  // Each of the values takes a byte at least, so a count is never large alone.
  private count(short: u32, long: u32, each: u64): i32 {
    const byte = this.peek();
    let count: u64 = byte & 15;
    if (byte < 0xc0) this.marker(short, short + 15);
    else {
      this.marker(long, long + 1);
      count = this.number(2 << (byte - long));
    }
    if (count * each > <u64>(this.data.length - this.at)) this.failed = true;
    return this.failed ? 0 : <i32>count;
  }

  // How many values come next.
  array(): i32 { return this.count(0x90, 0xdc, 1); }

  // How many pairs of key and value come next.
  map(): i32 { return this.count(0x80, 0xde, 2); }

  // An array that must have that many values.
  tuple(count: i32): void {
    if (this.array() != count) this.failed = true;
  }

  // The variant of an enum of Rust; its content comes next as one value.
  variant(): u32 {
    if (this.map() != 1) this.failed = true;
    const index = this.uint();
    if (index > <u64>u32.MAX_VALUE) this.failed = true;
    return <u32>index;
  }

  // Skips one value. Nesting costs no stack.
  skip(): void {
    for (let left: u64 = 1; left > 0 && !this.failed; left--) {
      const byte = this.peek();
      if (byte < 0x80 || byte >= 0xe0 || byte == 0xc0 || byte == 0xc2 || byte == 0xc3) this.take(1);
      else if (byte < 0x90 || byte == 0xde || byte == 0xdf) left += 2 * <u64>this.map();
      else if (byte < 0xa0 || byte == 0xdc || byte == 0xdd) left += <u64>this.array();
      else if (byte < 0xc0) this.take(1 + (byte & 31));
      else if (byte == 0xc1) this.failed = true;
      else {
        this.take(1);
        if (byte <= 0xc6) this.take(this.number(1 << (byte - 0xc4)));
        else if (byte <= 0xc9) this.take(this.number(1 << (byte - 0xc7)) + 1);
        else if (byte == 0xca) this.take(4);
        else if (byte == 0xcb) this.take(8);
        else if (byte <= 0xcf) this.take(1 << (byte - 0xcc));
        else if (byte <= 0xd3) this.take(1 << (byte - 0xd0));
        else if (byte <= 0xd8) this.take(1 + (1 << (byte - 0xd4)));
        else this.take(this.number(1 << (byte - 0xd9)));
      }
    }
  }

  // A value of any type that can be read.
  value<T>(): T {
    if (isBoolean<T>()) return <T>this.bool();
    if (isInteger<T>()) {
      if (isSigned<T>()) {
        const number = this.int();
        if (<i64>(<T>number) != number) this.failed = true;
        return <T>number;
      } else {
        const number = this.uint();
        if (<u64>(<T>number) != number) this.failed = true;
        return <T>number;
      }
    } else if (isFloat<T>()) {
      if (sizeof<T>() == 4) return <T>this.f32();
      return <T>this.f64();
    } else if (isNullable<T>()) {
      if (this.isNil()) {
        this.nil();
        return changetype<T>(0);
      }
      return changetype<T>(this.value<NonNullable<T>>());
    } else if (isString<T>()) return changetype<T>(this.string());
    else if (idof<T>() == idof<Uint8Array>()) return changetype<T>(this.bin());
    else {
      const made = instantiate<T>();
      if (isArray<T>()) {
        const count = this.array();
        for (let i = 0; i < count && !this.failed; i++) made.push(this.value<valueof<T>>());
      } else made.unpack(this);
      return made;
    }
  }
}

function isUTF8(at: usize, end: usize): bool {
  while (at < end) {
    const first = <u32>load<u8>(at++);
    if (first < 0x80) continue;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first < 0xc2 || first > 0xf4 || end - at < <usize>more) return false;
    let code = first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next = <u32>load<u8>(at++);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | next & 0x3f;
    }
    if (code > 0x10ffff || code >= 0xd800 && code < 0xe000) return false;
    if (more == 2 && code < 0x800 || more == 3 && code < 0x10000) return false;
  }
  return true;
}
