//! MessagePack, as the guest libraries for C, Rust and Go write it.
//!
//!     Zig                        MessagePack    Rust
//!     bool                       bool           bool
//!     integers                   int            i8..i64, u8..u64
//!     f32, f64                   float          f32, f64
//!     []const u8 (UTF-8)         str            String
//!     Bytes                      bin            serde_bytes
//!     []const T, [N]T            array          Vec<T>, [T; N]
//!     struct, tuple              array          struct, tuple
//!     struct without fields      array of 0     unit struct
//!     void                       nil            ()
//!     ?T                         nil or T       Option<T>
//!     *const T                   as T           Box<T>
//!     Map(K, V)                  map            BTreeMap<K, V>
//!     enum, union(enum)          map of one     enum
//!
//! Numbers and lengths take their shortest form. A type with the methods
//!
//!     pub fn packTo(self: T, e: *Encoder) Encoder.Error!void
//!     pub fn unpackFrom(d: *Decoder) Decoder.Error!T
//!
//! writes and reads itself, as exactly one value.
const std = @import("std");
const Allocator = std.mem.Allocator;

// How deep values may be nested.
const max_depth = 1000;

/// Bytes that are no text.
pub const Bytes = struct {
    data: []const u8,

    pub fn packTo(self: Bytes, e: *Encoder) Encoder.Error!void {
        try e.bytes(self.data);
    }

    pub fn unpackFrom(d: *Decoder) Decoder.Error!Bytes {
        return .{ .data = try d.bytes() };
    }
};

/// Pairs of a key and a value.
pub fn Map(comptime K: type, comptime V: type) type {
    return struct {
        const Self = @This();
        pub const Pair = struct { key: K, value: V };

        pairs: []const Pair,

        pub fn packTo(self: Self, e: *Encoder) Encoder.Error!void {
            try e.map(self.pairs.len);
            for (self.pairs) |pair| {
                try e.value(pair.key);
                try e.value(pair.value);
            }
        }

        pub fn unpackFrom(d: *Decoder) Decoder.Error!Self {
            const pairs = try d.arena.alloc(Pair, try d.map());
            for (pairs) |*pair| {
                pair.key = try d.value(K);
                pair.value = try d.value(V);
            }
            return .{ .pairs = pairs };
        }
    };
}

/// Writes values.
pub const Encoder = struct {
    pub const Error = error{ OutOfMemory, NotUtf8, TooDeep, NotInMessage, TooLong };

    gpa: Allocator,
    data: std.ArrayList(u8) = .empty,
    depth: u32 = 0,
    /// Whether it is a message, which processes and connections can be in.
    in_message: bool = false,

    pub fn init(gpa: Allocator) Encoder {
        return .{ .gpa = gpa };
    }

    pub fn deinit(e: *Encoder) void {
        e.data.deinit(e.gpa);
    }

    /// What was written.
    pub fn written(e: *const Encoder) []const u8 {
        return e.data.items;
    }

    // A marker, and the `size` low bytes of a number, big-endian.
    fn put(e: *Encoder, marker: u8, number: u64, size: u4) Error!void {
        var buffer: [9]u8 = undefined;
        buffer[0] = marker;
        for (0..size) |i| {
            const shift: u6 = @intCast(8 * (size - 1 - i));
            buffer[1 + i] = @truncate(number >> shift);
        }
        try e.data.appendSlice(e.gpa, buffer[0 .. 1 + @as(usize, size)]);
    }

    // The shortest of the forms marker, +1 and +2.
    fn length(e: *Encoder, marker: u8, len: usize) Error!void {
        if (len > std.math.maxInt(u32)) return error.TooLong;
        if (len < 0x100) return e.put(marker, len, 1);
        if (len < 0x10000) return e.put(marker + 1, len, 2);
        return e.put(marker + 2, len, 4);
    }

    pub fn nil(e: *Encoder) Error!void {
        try e.put(0xc0, 0, 0);
    }

    pub fn boolean(e: *Encoder, v: bool) Error!void {
        try e.put(if (v) 0xc3 else 0xc2, 0, 0);
    }

    pub fn uint(e: *Encoder, v: u64) Error!void {
        if (v < 0x80) return e.put(@intCast(v), 0, 0);
        if (v < 0x100) return e.put(0xcc, v, 1);
        if (v < 0x10000) return e.put(0xcd, v, 2);
        if (v < 0x100000000) return e.put(0xce, v, 4);
        return e.put(0xcf, v, 8);
    }

    pub fn int(e: *Encoder, v: i64) Error!void {
        if (v >= 0) return e.uint(@intCast(v));
        const bits: u64 = @bitCast(v);
        if (v >= -32) return e.put(@truncate(bits), 0, 0);
        if (v >= std.math.minInt(i8)) return e.put(0xd0, bits, 1);
        if (v >= std.math.minInt(i16)) return e.put(0xd1, bits, 2);
        if (v >= std.math.minInt(i32)) return e.put(0xd2, bits, 4);
        return e.put(0xd3, bits, 8);
    }

    pub fn float32(e: *Encoder, v: f32) Error!void {
        try e.put(0xca, @as(u32, @bitCast(v)), 4);
    }

    pub fn float64(e: *Encoder, v: f64) Error!void {
        try e.put(0xcb, @as(u64, @bitCast(v)), 8);
    }

    /// A text, which must be UTF-8.
    pub fn string(e: *Encoder, v: []const u8) Error!void {
        if (!std.unicode.utf8ValidateSlice(v)) return error.NotUtf8;
        if (v.len < 32) {
            try e.put(0xa0 | @as(u8, @intCast(v.len)), 0, 0);
        } else {
            try e.length(0xd9, v.len);
        }
        try e.data.appendSlice(e.gpa, v);
    }

    pub fn bytes(e: *Encoder, v: []const u8) Error!void {
        try e.length(0xc4, v.len);
        try e.data.appendSlice(e.gpa, v);
    }

    // The header of an array or map: its short form, and its longer ones.
    fn header(e: *Encoder, short: u8, long: u8, count: usize) Error!void {
        if (count > std.math.maxInt(u32)) return error.TooLong;
        if (count < 16) return e.put(short | @as(u8, @intCast(count)), 0, 0);
        if (count < 0x10000) return e.put(long, count, 2);
        return e.put(long + 1, count, 4);
    }

    /// That many values must follow.
    pub fn array(e: *Encoder, count: usize) Error!void {
        try e.header(0x90, 0xdc, count);
    }

    /// That many pairs of key and value must follow.
    pub fn map(e: *Encoder, count: usize) Error!void {
        try e.header(0x80, 0xde, count);
    }

    /// A variant of an enum of Rust; its content must follow as one value.
    pub fn variant(e: *Encoder, index: u32) Error!void {
        try e.map(1);
        try e.uint(index);
    }

    /// A value of any type of the table above.
    pub fn value(e: *Encoder, v: anytype) Error!void {
        const T = @TypeOf(v);
        e.depth += 1;
        defer e.depth -= 1;
        if (e.depth > max_depth) return error.TooDeep;
        if (comptime isOwn(T, "packTo")) return v.packTo(e);
        switch (@typeInfo(T)) {
            .void, .null => try e.nil(),
            .bool => try e.boolean(v),
            .int, .comptime_int => if (v < 0) {
                try e.int(@intCast(v));
            } else {
                try e.uint(@intCast(v));
            },
            .float => |info| switch (info.bits) {
                32 => try e.float32(v),
                64 => try e.float64(v),
                else => unfit(T),
            },
            .comptime_float => try e.float64(v),
            .optional => if (v) |one| try e.value(one) else try e.nil(),
            .pointer => |info| switch (info.size) {
                .one => try e.pointed(v, info.child),
                .slice => try e.list(v, info.child),
                else => unfit(T),
            },
            .array => try e.elements(&v),
            .@"struct" => |info| {
                try e.array(info.field_names.len);
                inline for (info.field_names) |name| try e.value(@field(v, name));
            },
            .@"enum" => |info| {
                if (info.mode == .nonexhaustive) unfit(T);
                try e.variant(position(T, @tagName(v)));
                try e.nil();
            },
            .@"union" => |info| {
                if (info.tag_type == null) unfit(T);
                switch (v) {
                    inline else => |content, tag| {
                        try e.variant(comptime position(T, @tagName(tag)));
                        try e.value(content);
                    },
                }
            },
            else => unfit(T),
        }
    }

    // What a pointer points to: a text literal is a pointer to an array.
    fn pointed(e: *Encoder, v: anytype, comptime Child: type) Error!void {
        switch (@typeInfo(Child)) {
            .array => |info| try e.list(@as([]const info.child, v), info.child),
            else => try e.value(v.*),
        }
    }

    fn list(e: *Encoder, v: anytype, comptime Element: type) Error!void {
        if (Element == u8) return e.string(v);
        try e.elements(v);
    }

    fn elements(e: *Encoder, v: anytype) Error!void {
        try e.array(v.len);
        for (v) |one| try e.value(one);
    }
};

/// What the next value is.
pub const Next = enum { none, nil, boolean, negative, uint, float32, float64, string, bytes, array, map, other };

/// Reads values. It is strict: a value must have the wanted type, numbers must
/// fit, and texts must be UTF-8. No length is trusted before as many bytes are
/// seen to be there. Texts and bytes stay in the data; slices and what pointers
/// point to are in the arena.
pub const Decoder = struct {
    pub const Error = error{ OutOfMemory, BadFormat, OutOfRange, NotUtf8, TooDeep, NotInMessage, OldMessage };

    data: []const u8,
    arena: Allocator,
    depth: u32 = 0,
    /// The message that handles are taken from, if it is one.
    message: ?u64 = null,

    pub fn init(data: []const u8, arena: Allocator) Decoder {
        return .{ .data = data, .arena = arena };
    }

    /// Fails if bytes are left.
    pub fn end(d: *const Decoder) Error!void {
        if (d.data.len > 0) return error.BadFormat;
    }

    /// What comes next; nothing is consumed.
    pub fn peek(d: *const Decoder) Next {
        if (d.data.len == 0) return .none;
        return switch (d.data[0]) {
            0x00...0x7f, 0xcc...0xcf => .uint,
            0x80...0x8f, 0xde, 0xdf => .map,
            0x90...0x9f, 0xdc, 0xdd => .array,
            0xa0...0xbf, 0xd9...0xdb => .string,
            0xc0 => .nil,
            0xc1 => .none,
            0xc2, 0xc3 => .boolean,
            0xc4...0xc6 => .bytes,
            0xc7...0xc9, 0xd4...0xd8 => .other,
            0xca => .float32,
            0xcb => .float64,
            0xd0...0xd3 => if (d.data.len > 1 and d.data[1] < 0x80) .uint else .negative,
            0xe0...0xff => .negative,
        };
    }

    fn take(d: *Decoder, count: usize) Error![]const u8 {
        if (count > d.data.len) return error.BadFormat;
        defer d.data = d.data[count..];
        return d.data[0..count];
    }

    fn number(d: *Decoder, size: usize) Error!u64 {
        var sum: u64 = 0;
        for (try d.take(size)) |byte| sum = sum << 8 | byte;
        return sum;
    }

    fn marker(d: *Decoder, want: Next) Error!u8 {
        if (d.peek() != want) return error.BadFormat;
        return (try d.take(1))[0];
    }

    pub fn nil(d: *Decoder) Error!void {
        _ = try d.marker(.nil);
    }

    pub fn boolean(d: *Decoder) Error!bool {
        return try d.marker(.boolean) == 0xc3;
    }

    pub fn uint(d: *Decoder) Error!u64 {
        if (d.peek() == .negative) return error.OutOfRange;
        const byte = try d.marker(.uint);
        return switch (byte) {
            0xcc...0xcf => d.number(@as(usize, 1) << @intCast(byte - 0xcc)),
            // A signed form, which is not negative.
            0xd0...0xd3 => d.number(@as(usize, 1) << @intCast(byte - 0xd0)),
            else => byte,
        };
    }

    pub fn int(d: *Decoder) Error!i64 {
        if (d.peek() != .negative) {
            return std.math.cast(i64, try d.uint()) orelse error.OutOfRange;
        }
        const byte = try d.marker(.negative);
        if (byte >= 0xe0) return @as(i8, @bitCast(byte));
        const size = @as(usize, 1) << @intCast(byte - 0xd0);
        const shift: u6 = @intCast(64 - 8 * size);
        return @as(i64, @bitCast(try d.number(size) << shift)) >> shift;
    }

    pub fn float32(d: *Decoder) Error!f32 {
        _ = try d.marker(.float32);
        return @bitCast(@as(u32, @intCast(try d.number(4))));
    }

    pub fn float64(d: *Decoder) Error!f64 {
        _ = try d.marker(.float64);
        return @bitCast(try d.number(8));
    }

    /// A text, in the data.
    pub fn string(d: *Decoder) Error![]const u8 {
        const byte = try d.marker(.string);
        const size: usize = if (byte < 0xc0)
            byte & 0x1f
        else
            @intCast(try d.number(@as(usize, 1) << @intCast(byte - 0xd9)));
        const text = try d.take(size);
        if (!std.unicode.utf8ValidateSlice(text)) return error.NotUtf8;
        return text;
    }

    /// Bytes, in the data.
    pub fn bytes(d: *Decoder) Error![]const u8 {
        const byte = try d.marker(.bytes);
        return d.take(@intCast(try d.number(@as(usize, 1) << @intCast(byte - 0xc4))));
    }

    fn header(d: *Decoder, want: Next, long: u8, each: usize) Error!usize {
        const byte = try d.marker(want);
        const count: usize = if (byte == long)
            @intCast(try d.number(2))
        else if (byte == long + 1)
            @intCast(try d.number(4))
        else
            byte & 0x0f;
        if (count > d.data.len / each) return error.BadFormat;
        return count;
    }

    /// How many values follow.
    pub fn array(d: *Decoder) Error!usize {
        return d.header(.array, 0xdc, 1);
    }

    /// How many pairs follow.
    pub fn map(d: *Decoder) Error!usize {
        return d.header(.map, 0xde, 2);
    }

    /// An array of that many values follows.
    pub fn tuple(d: *Decoder, count: usize) Error!void {
        if (try d.array() != count) return error.BadFormat;
    }

    /// A variant of an enum of Rust; its content follows as one value.
    pub fn variant(d: *Decoder) Error!u32 {
        if (try d.map() != 1) return error.BadFormat;
        return std.math.cast(u32, try d.uint()) orelse error.OutOfRange;
    }

    /// Passes one value over.
    pub fn skip(d: *Decoder) Error!void {
        var left: usize = 1;
        while (left > 0) : (left -= 1) {
            switch (d.peek()) {
                .none => return error.BadFormat,
                .nil => try d.nil(),
                .boolean => _ = try d.boolean(),
                .negative => _ = try d.int(),
                .uint => _ = try d.uint(),
                .float32 => _ = try d.float32(),
                .float64 => _ = try d.float64(),
                .string => _ = try d.string(),
                .bytes => _ = try d.bytes(),
                .array => left += try d.array(),
                .map => left += 2 * try d.map(),
                .other => try d.skipOther(),
            }
        }
    }

    // A type of an application.
    fn skipOther(d: *Decoder) Error!void {
        const byte = (try d.take(1))[0];
        const size: usize = if (byte >= 0xd4)
            @as(usize, 1) << @intCast(byte - 0xd4)
        else
            @intCast(try d.number(@as(usize, 1) << @intCast(byte - 0xc7)));
        _ = try d.take(1);
        _ = try d.take(size);
    }

    /// A value of any type of the table above.
    pub fn value(d: *Decoder, comptime T: type) Error!T {
        d.depth += 1;
        defer d.depth -= 1;
        if (d.depth > max_depth) return error.TooDeep;
        if (comptime isOwn(T, "unpackFrom")) return T.unpackFrom(d);
        switch (@typeInfo(T)) {
            .void => return d.nil(),
            .bool => return d.boolean(),
            .int => |info| {
                const wide = if (info.signedness == .signed) try d.int() else try d.uint();
                return std.math.cast(T, wide) orelse error.OutOfRange;
            },
            .float => |info| return switch (info.bits) {
                32 => d.float32(),
                64 => d.float64(),
                else => unfit(T),
            },
            .optional => |info| {
                if (d.peek() != .nil) return try d.value(info.child);
                try d.nil();
                return null;
            },
            .pointer => |info| switch (info.size) {
                .one => {
                    const one = try d.arena.create(info.child);
                    one.* = try d.value(info.child);
                    return one;
                },
                .slice => return d.list(T, info.child, info.attrs.@"const"),
                else => unfit(T),
            },
            .array => |info| {
                var list_: T = undefined;
                try d.tuple(info.len);
                for (&list_) |*one| one.* = try d.value(info.child);
                return list_;
            },
            .@"struct" => |info| {
                var all: T = undefined;
                try d.tuple(info.field_names.len);
                inline for (info.field_names, info.field_types) |name, Field| {
                    @field(all, name) = try d.value(Field);
                }
                return all;
            },
            .@"enum" => |info| {
                if (info.mode == .nonexhaustive) unfit(T);
                const index = try d.variant();
                try d.nil();
                inline for (info.field_names, 0..) |name, i| {
                    if (index == i) return @field(T, name);
                }
                return error.BadFormat;
            },
            .@"union" => |info| {
                if (info.tag_type == null) unfit(T);
                const index = try d.variant();
                inline for (info.field_names, info.field_types, 0..) |name, Field, i| {
                    if (index == i) return @unionInit(T, name, try d.value(Field));
                }
                return error.BadFormat;
            },
            else => unfit(T),
        }
    }

    fn list(d: *Decoder, comptime T: type, comptime Element: type, comptime constant: bool) Error!T {
        if (Element == u8) {
            const text = try d.string();
            return if (constant) text else d.arena.dupe(u8, text);
        }
        const all = try d.arena.alloc(Element, try d.array());
        for (all) |*one| one.* = try d.value(Element);
        return all;
    }
};

// Whether a type writes or reads itself.
fn isOwn(comptime T: type, comptime method: []const u8) bool {
    return switch (@typeInfo(T)) {
        .@"struct", .@"union", .@"enum", .@"opaque" => @hasDecl(T, method),
        else => false,
    };
}

fn unfit(comptime T: type) noreturn {
    @compileError("a value of " ++ @typeName(T) ++ " cannot be in a message");
}

// The index of a variant: its place in the declaration.
fn position(comptime T: type, name: []const u8) u32 {
    const names = switch (@typeInfo(T)) {
        inline .@"enum", .@"union" => |info| info.field_names,
        else => comptime unreachable,
    };
    inline for (names, 0..) |one, i| {
        if (std.mem.eql(u8, one, name)) return i;
    }
    unreachable;
}

// ---- Tests ----

const testing = std.testing;

fn expectPacked(want: []const u8, v: anytype) !void {
    var e: Encoder = .init(testing.allocator);
    defer e.deinit();
    try e.value(v);
    try testing.expectEqualSlices(u8, want, e.written());
}

fn unpack(arena: *std.heap.ArenaAllocator, comptime T: type, data: []const u8) !T {
    var d: Decoder = .init(data, arena.allocator());
    const v = try d.value(T);
    try d.end();
    return v;
}

test "numbers take their shortest form" {
    try expectPacked("\x7f", @as(u8, 127));
    try expectPacked("\xcc\x80", @as(i64, 128));
    try expectPacked("\xcd\x01\x00", 256);
    try expectPacked("\xce\x00\x01\x00\x00", 65536);
    try expectPacked("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", @as(u64, std.math.maxInt(u64)));
    try expectPacked("\xe0", -32);
    try expectPacked("\xd0\xdf", -33);
    try expectPacked("\xd1\xff\x7f", -129);
    try expectPacked("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", @as(i64, std.math.minInt(i64)));
    try expectPacked("\xca\x3f\x00\x00\x00", @as(f32, 0.5));
}

test "shapes" {
    const Shape = union(enum) { nothing, one: u32, two: struct { i8, []const u8 } };
    try expectPacked("\xc0", {});
    try expectPacked("\xa3abc", "abc");
    try expectPacked("\xc4\x02\x00\xff", Bytes{ .data = "\x00\xff" });
    try expectPacked("\x92\x01\xc3", .{ 1, true });
    try expectPacked("\x90", .{});
    try expectPacked("\xc0", @as(?u8, null));
    try expectPacked("\x81\x00\xc0", @as(Shape, .nothing));
    try expectPacked("\x81\x01\x07", Shape{ .one = 7 });
    try expectPacked("\x81\x02\x92\xff\xa1x", Shape{ .two = .{ -1, "x" } });
    try expectPacked("\x81\x01\xc0", @as(enum { a, b }, .b));
    try testing.expectError(error.NotUtf8, expectPacked("", "\xff"));
}

test "what was written is read" {
    const Node = struct { name: []const u8, next: ?*const @This() };
    const All = struct {
        node: Node,
        list: []const i16,
        array: [3]u8,
        map: Map([]const u8, u32),
        f: f64,
    };
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var e: Encoder = .init(testing.allocator);
    defer e.deinit();
    const last: Node = .{ .name = "last", .next = null };
    try e.value(All{
        .node = .{ .name = "first", .next = &last },
        .list = &.{ -1, 300 },
        .array = .{ 1, 2, 255 },
        .map = .{ .pairs = &.{.{ .key = "a", .value = 70000 }} },
        .f = -1e300,
    });
    const all = try unpack(&arena, All, e.written());
    try testing.expectEqualStrings("last", all.node.next.?.name);
    try testing.expectEqualSlices(i16, &.{ -1, 300 }, all.list);
    try testing.expectEqual(@as(u8, 255), all.array[2]);
    try testing.expectEqual(@as(u32, 70000), all.map.pairs[0].value);
    try testing.expectEqual(@as(f64, -1e300), all.f);
}

test "what is not the wanted value is refused" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    const Chain = struct { next: ?*const @This() };
    const deep: [2000]u8 = @splat(0x91);
    try testing.expectError(error.OutOfRange, unpack(&arena, u8, "\xcd\x01\x00"));
    try testing.expectError(error.OutOfRange, unpack(&arena, u8, "\xff"));
    try testing.expectError(error.BadFormat, unpack(&arena, u8, "\xa1x"));
    try testing.expectError(error.BadFormat, unpack(&arena, u8, "\x01\x01"));
    try testing.expectError(error.BadFormat, unpack(&arena, u8, ""));
    try testing.expectError(error.NotUtf8, unpack(&arena, []const u8, "\xa1\xff"));
    try testing.expectError(error.BadFormat, unpack(&arena, []const u32, "\xdd\xff\xff\xff\xff\x01"));
    try testing.expectError(error.BadFormat, unpack(&arena, Map(u8, u8), "\xdf\x7f\xff\xff\xff\x01"));
    try testing.expectError(error.BadFormat, unpack(&arena, enum { a }, "\x81\x01\xc0"));
    try testing.expectError(error.TooDeep, unpack(&arena, Chain, &deep));
    try testing.expectEqual(@as(i8, -128), try unpack(&arena, i8, "\xd1\xff\x80"));
    try testing.expectEqual(@as(u8, 5), try unpack(&arena, u8, "\xd3\x00\x00\x00\x00\x00\x00\x00\x05"));
}

test "a value is passed over" {
    const data = "\x93\xd4\x01\x02\x82\x01\xa1x\xc0\xc7\x01\x05\x00\xcb\x00\x00\x00\x00\x00\x00\x00\x00";
    var d: Decoder = .init(data, testing.failing_allocator);
    try d.skip();
    try d.end();
}
