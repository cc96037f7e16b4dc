package pack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

type point struct {
	X, Y   int32
	hidden int
	Left   string `pack:"-"`
}

type unit struct{}

type wrapped int32

// color is an enum of Rust: Red, Gray(u8).
type color struct {
	gray  bool
	level uint8
}

func (c color) PackTo(e *Encoder) {
	if !c.gray {
		e.Variant(0)
		e.Nil()
		return
	}
	e.Variant(1)
	e.Uint(uint64(c.level))
}

func (c *color) UnpackFrom(d *Decoder) {
	switch d.Variant() {
	case 0:
		c.gray = false
		d.Nil()
	case 1:
		c.gray = true
		c.level = uint8(d.Uint())
	default:
		d.Fail(ErrFormat)
	}
}

func pointer[T any](v T) *T { return &v }

// The bytes are those of the C library and of rmp-serde.
var shapes = []struct {
	value any
	bytes string
}{
	{true, "c3"}, {false, "c2"},
	{0, "00"}, {127, "7f"}, {128, "cc80"}, {255, "ccff"}, {256, "cd0100"},
	{65536, "ce00010000"}, {1 << 32, "cf0000000100000000"},
	{-1, "ff"}, {-32, "e0"}, {-33, "d0df"}, {-128, "d080"},
	{-129, "d1ff7f"}, {-32769, "d2ffff7fff"},
	{int64(math.MinInt64), "d38000000000000000"},
	{uint64(math.MaxUint64), "cfffffffffffffffff"},
	{float32(0.5), "ca3f000000"}, {2.5, "cb4004000000000000"},
	{"", "a0"}, {"ß", "a2c39f"},
	{strings.Repeat("a", 32), "d920" + strings.Repeat("61", 32)},
	{[]byte{0, 255, 7}, "c40300ff07"}, {[3]byte{1, 127, 128}, "93017fcc80"},
	{[]int16{1, -1}, "9201ff"}, {[]string{}, "90"},
	{point{X: 1, Y: -2}, "9201fe"}, {struct{}{}, "c0"}, {unit{}, "90"},
	{wrapped(-33), "d0df"},
	{(*int)(nil), "c0"}, {pointer(65536), "ce00010000"},
	{map[string]int{"two": 200000, "one": 1},
		"82a36f6e6501a374776fce00030d40"},
	{Variant{3, int64(7)}, "810307"}, {Variant{0, nil}, "8100c0"},
	{color{}, "8100c0"}, {color{true, 200}, "8101ccc8"},
	{Ext{5, []byte{1, 2, 3, 4}}, "d60501020304"},
	{Ext{-1, []byte{1, 2, 3}}, "c703ff010203"},
	{[]point{{X: 1}, {Y: 2}}, "92920100920002"},
}

func TestShapes(t *testing.T) {
	for _, shape := range shapes {
		data, err := Marshal(shape.value)
		if err != nil || hex.EncodeToString(data) != shape.bytes {
			t.Errorf("%#v: %x, %v", shape.value, data, err)
		}
		back := reflect.New(reflect.TypeOf(shape.value))
		err = Unmarshal(data, back.Interface())
		if err != nil ||
			!reflect.DeepEqual(back.Elem().Interface(), shape.value) {
			t.Errorf("%s: %#v, %v", shape.bytes, back.Elem(), err)
		}
		for cut := range data {
			back := reflect.New(reflect.TypeOf(shape.value))
			if Unmarshal(data[:cut], back.Interface()) == nil {
				t.Errorf("%x is read", data[:cut])
			}
		}
	}
}

// refused reads text as a T, which must fail with that error.
func refused[T any](t *testing.T, text string, want error) {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := Unmarshal(data, &v); !errors.Is(err, want) {
		t.Errorf("%s as %T: %v, not %v", text, v, err, want)
	}
}

func TestRefused(t *testing.T) {
	refused[int8](t, "cc80", ErrRange)
	refused[uint8](t, "ff", ErrRange)
	refused[int64](t, "cfffffffffffffffff", ErrRange)
	refused[uint16](t, "ce00010000", ErrRange)
	refused[float32](t, "cb4004000000000000", ErrFormat)
	refused[string](t, "a1ff", ErrUTF8)
	refused[string](t, "c0", ErrFormat)
	refused[int](t, "0000", ErrRest)
	refused[int](t, "", ErrFormat)
	refused[int](t, "c1", ErrFormat)
	refused[point](t, "9101", ErrFormat)
	refused[[2]int](t, "93010203", ErrFormat)
	refused[[]int](t, "ddffffffff01", ErrFormat)
	refused[map[int]int](t, "dfffffffff0101", ErrFormat)
	refused[[]byte](t, "c6ffffffff01", ErrFormat)
	refused[any](t, "8190c0", ErrFormat)
	refused[map[any]int](t, "819001", ErrFormat)
	refused[color](t, "8102c0", ErrFormat)
	refused[any](t, strings.Repeat("91", 2000)+"c0", ErrDepth)
}

func TestKeptForms(t *testing.T) {
	// Others may write longer forms than needed.
	for _, text := range []string{"05", "cc05", "cd0005", "ce00000005",
		"cf0000000000000005", "d005", "d10005", "d200000005",
		"d30000000000000005"} {
		data, _ := hex.DecodeString(text)
		var signed int8
		var unsigned uint8
		if err := Unmarshal(data, &signed); err != nil || signed != 5 {
			t.Errorf("%s: %d, %v", text, signed, err)
		}
		if err := Unmarshal(data, &unsigned); err != nil ||
			unsigned != 5 {
			t.Errorf("%s: %d, %v", text, unsigned, err)
		}
	}
	var wide float64
	if Unmarshal([]byte{0xca, 0x3f, 0, 0, 0}, &wide) != nil || wide != 0.5 {
		t.Error("a float of 32 bits is not read as one of 64")
	}
	var raw []byte
	if Unmarshal([]byte{0x92, 0, 0xcc, 0xff}, &raw) != nil ||
		!bytes.Equal(raw, []byte{0, 255}) {
		t.Error("Vec<u8> is not read as bytes")
	}
}

func TestWriterFails(t *testing.T) {
	deep := []any{}
	for range 2000 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		value any
		want  error
	}{
		{"\xff", ErrUTF8}, {deep, ErrDepth},
		{map[string]string{"a": "\xff"}, ErrUTF8},
	} {
		if _, err := Marshal(c.value); !errors.Is(err, c.want) {
			t.Errorf("%v, not %v", err, c.want)
		}
	}
	if _, err := Marshal(func() {}); err == nil {
		t.Error("a function is written")
	}
	var e Encoder
	e.Array(2)
	e.Nil()
	if _, err := e.Data(); err != ErrCount {
		t.Errorf("a value lacks: %v", err)
	}
	e = Encoder{}
	e.Nil()
	e.Nil()
	if _, err := e.Data(); err != ErrCount {
		t.Errorf("two values: %v", err)
	}
}

func TestSkip(t *testing.T) {
	for _, shape := range shapes {
		data, _ := hex.DecodeString(shape.bytes + "2a")
		d := NewDecoder(data)
		d.Skip()
		if d.Int() != 42 || d.End() != nil {
			t.Errorf("%s is not skipped: %v", shape.bytes, d.Err())
		}
	}
	d := NewDecoder(bytes.Repeat([]byte{0x91}, 1<<20))
	d.Skip()
	if d.Err() != ErrFormat {
		t.Errorf("deep nesting: %v", d.Err())
	}
}

// What is read as anything is the same when it is written and read again.
func FuzzAny(f *testing.F) {
	for _, shape := range shapes {
		data, _ := hex.DecodeString(shape.bytes)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second any
		skip := NewDecoder(data)
		skip.Skip()
		if Unmarshal(data, &first) != nil {
			return
		}
		if skip.End() != nil {
			t.Fatalf("%x is read but not skipped", data)
		}
		written, err := Marshal(first)
		if err != nil {
			t.Fatalf("%#v is not written: %v", first, err)
		}
		if err := Unmarshal(written, &second); err != nil {
			t.Fatalf("%x is not read: %v", written, err)
		}
		again, err := Marshal(second)
		if err != nil || !bytes.Equal(written, again) {
			t.Fatalf("%x and %x, %v", written, again, err)
		}
	})
}
