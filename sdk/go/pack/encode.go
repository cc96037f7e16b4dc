// Package pack writes and reads MessagePack as the guest libraries for C and
// Rust do, so that processes in different languages understand each other.
//
//	Go                      MessagePack   Rust                 C
//	bool                    bool          bool                 lunatic_write_bool
//	int8..int64, uint8...   int           i8..i64, u8..u64     lunatic_write_int
//	float32, float64        float         f32, f64             lunatic_write_f32, _f64
//	string (UTF-8)          str           String               lunatic_write_str
//	[]byte                  bin           serde_bytes          lunatic_write_bin
//	[]T, [N]T               array         Vec<T>, [T; N]       lunatic_write_array
//	struct with fields      array         struct, tuple        lunatic_write_array
//	type Unit struct{}      array of 0    unit struct          lunatic_write_array
//	struct{}                nil           ()                   lunatic_write_nil
//	*T                      nil or T      Option<T>            lunatic_write_nil
//	map[K]V                 map           HashMap, BTreeMap    lunatic_write_map
//	Variant                 map of one    enum                 lunatic_write_variant
//
// Numbers and lengths take their shortest form. The exported fields of a struct
// are written in their order, without names; a field with the tag `pack:"-"` is
// left out.
package pack

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unicode/utf8"
)

// maxDepth bounds how deep values are nested, in what is written and read.
const maxDepth = 1000

var (
	// ErrDepth says that values are nested too deep.
	ErrDepth = errors.New("pack: values are nested too deep")
	// ErrUTF8 says that a string is not UTF-8.
	ErrUTF8 = errors.New("pack: a string is not UTF-8")
	// ErrCount says that more or fewer values were written than announced.
	ErrCount = errors.New("pack: not exactly one value was written")
)

// A Marshaler writes itself, as exactly one value.
type Marshaler interface {
	PackTo(e *Encoder)
}

// Variant is a variant of an enum of Rust. Value is nil for a unit variant, the
// value of a newtype variant, and a struct for the members of others.
type Variant struct {
	Index uint32
	Value any
}

// Ext is an application's own type of value.
type Ext struct {
	Type int8
	Data []byte
}

// An Encoder writes one value. It remembers its first failure, and ignores
// what is written after it. The zero Encoder is ready to use.
type Encoder struct {
	data    []byte
	written bool // the first value was begun
	pending uint64
	depth   int
	err     error
}

// Marshal returns v as MessagePack.
func Marshal(v any) ([]byte, error) {
	var e Encoder
	e.Value(v)
	return e.Data()
}

// Data returns what was written, or the first failure.
func (e *Encoder) Data() ([]byte, error) {
	if e.err == nil && (!e.written || e.pending != 0) {
		e.err = ErrCount
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.data, nil
}

// Fail makes the encoder fail, unless it has failed before.
func (e *Encoder) Fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// begin begins a value, which more others must follow.
func (e *Encoder) begin(more uint64) {
	if !e.written {
		e.written = true
		e.pending = 1
	}
	if e.pending == 0 {
		e.Fail(ErrCount)
		return
	}
	e.pending += more - 1
}

// put writes a marker and the size low bytes of a number, big-endian.
func (e *Encoder) put(marker byte, number uint64, size int) {
	e.data = append(e.data, marker)
	for size--; size >= 0; size-- {
		e.data = append(e.data, byte(number>>(8*size)))
	}
}

// length writes the shortest of the forms marker, +1 and +2, for lengths of 8,
// 16 and 32 bits.
func (e *Encoder) length(marker byte, length int) {
	switch {
	case length <= math.MaxUint8:
		e.put(marker, uint64(length), 1)
	case length <= math.MaxUint16:
		e.put(marker+1, uint64(length), 2)
	default:
		e.put(marker+2, uint64(length), 4)
	}
}

// Nil writes nil: () and None of Rust.
func (e *Encoder) Nil() {
	e.begin(0)
	e.put(0xc0, 0, 0)
}

// Bool writes a truth value.
func (e *Encoder) Bool(v bool) {
	e.begin(0)
	if v {
		e.put(0xc3, 0, 0)
	} else {
		e.put(0xc2, 0, 0)
	}
}

// Uint writes an integer.
func (e *Encoder) Uint(v uint64) {
	e.begin(0)
	switch {
	case v < 0x80:
		e.put(byte(v), 0, 0)
	case v <= math.MaxUint8:
		e.put(0xcc, v, 1)
	case v <= math.MaxUint16:
		e.put(0xcd, v, 2)
	case v <= math.MaxUint32:
		e.put(0xce, v, 4)
	default:
		e.put(0xcf, v, 8)
	}
}

// Int writes an integer.
func (e *Encoder) Int(v int64) {
	if v >= 0 {
		e.Uint(uint64(v))
		return
	}
	e.begin(0)
	switch {
	case v >= -32:
		e.put(byte(v), 0, 0)
	case v >= math.MinInt8:
		e.put(0xd0, uint64(v), 1)
	case v >= math.MinInt16:
		e.put(0xd1, uint64(v), 2)
	case v >= math.MinInt32:
		e.put(0xd2, uint64(v), 4)
	default:
		e.put(0xd3, uint64(v), 8)
	}
}

// Float32 writes a number of 32 bits.
func (e *Encoder) Float32(v float32) {
	e.begin(0)
	e.put(0xca, uint64(math.Float32bits(v)), 4)
}

// Float64 writes a number of 64 bits.
func (e *Encoder) Float64(v float64) {
	e.begin(0)
	e.put(0xcb, math.Float64bits(v), 8)
}

// String writes a text, which must be UTF-8.
func (e *Encoder) String(v string) {
	if !utf8.ValidString(v) {
		e.Fail(ErrUTF8)
		return
	}
	e.begin(0)
	if len(v) < 32 {
		e.put(0xa0|byte(len(v)), 0, 0)
	} else {
		e.length(0xd9, len(v))
	}
	e.data = append(e.data, v...)
}

// Bytes writes bytes.
func (e *Encoder) Bytes(v []byte) {
	e.begin(0)
	e.length(0xc4, len(v))
	e.data = append(e.data, v...)
}

// Ext writes an application's own type of value.
func (e *Encoder) Ext(v Ext) {
	e.begin(0)
	switch len(v.Data) {
	case 1:
		e.put(0xd4, 0, 0)
	case 2:
		e.put(0xd5, 0, 0)
	case 4:
		e.put(0xd6, 0, 0)
	case 8:
		e.put(0xd7, 0, 0)
	case 16:
		e.put(0xd8, 0, 0)
	default:
		e.length(0xc7, len(v.Data))
	}
	e.data = append(e.data, byte(v.Type))
	e.data = append(e.data, v.Data...)
}

// Array begins an array; count values must follow.
func (e *Encoder) Array(count int) {
	e.begin(uint64(count))
	switch {
	case count < 16:
		e.put(0x90|byte(count), 0, 0)
	case count <= math.MaxUint16:
		e.put(0xdc, uint64(count), 2)
	default:
		e.put(0xdd, uint64(count), 4)
	}
}

// Map begins a map; count times a key and a value must follow.
func (e *Encoder) Map(count int) {
	e.begin(2 * uint64(count))
	switch {
	case count < 16:
		e.put(0x80|byte(count), 0, 0)
	case count <= math.MaxUint16:
		e.put(0xde, uint64(count), 2)
	default:
		e.put(0xdf, uint64(count), 4)
	}
}

// Variant begins a variant of an enum of Rust; its content must follow as one
// value.
func (e *Encoder) Variant(index uint32) {
	e.Map(1)
	e.Uint(uint64(index))
}

// Value writes a value of Go.
func (e *Encoder) Value(v any) {
	if v == nil {
		e.Nil()
		return
	}
	e.value(reflect.ValueOf(v))
}

var marshalerType = reflect.TypeFor[Marshaler]()

// own writes a value that knows how, and says whether it is one.
func (e *Encoder) own(v reflect.Value) bool {
	if v.Type().Implements(marshalerType) {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return false
		}
		v.Interface().(Marshaler).PackTo(e)
		return true
	}
	switch v := v.Interface().(type) {
	case Variant:
		e.Variant(v.Index)
		e.Value(v.Value)
	case Ext:
		e.Ext(v)
	default:
		return false
	}
	return true
}

func (e *Encoder) value(v reflect.Value) {
	if e.depth++; e.depth > maxDepth {
		e.Fail(ErrDepth)
	}
	defer func() { e.depth-- }()
	if e.err != nil || e.own(v) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		e.Bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32,
		reflect.Int64:
		e.Int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32,
		reflect.Uint64, reflect.Uintptr:
		e.Uint(v.Uint())
	case reflect.Float32:
		e.Float32(float32(v.Float()))
	case reflect.Float64:
		e.Float64(v.Float())
	case reflect.String:
		e.String(v.String())
	case reflect.Slice, reflect.Array:
		e.list(v)
	case reflect.Map:
		e.pairs(v)
	case reflect.Struct:
		e.fields(v)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			e.Nil()
		} else {
			e.value(v.Elem())
		}
	default:
		e.Fail(fmt.Errorf("pack: a %s cannot be written", v.Type()))
	}
}

func (e *Encoder) list(v reflect.Value) {
	if v.Kind() == reflect.Slice &&
		v.Type().Elem().Kind() == reflect.Uint8 {
		e.Bytes(v.Bytes())
		return
	}
	e.Array(v.Len())
	for i := range v.Len() {
		e.value(v.Index(i))
	}
}

// pairs writes a map in the order of its encoded keys, so that equal maps are
// equal bytes.
func (e *Encoder) pairs(v reflect.Value) {
	type pair struct{ key, value []byte }
	var list []pair
	for keys := v.MapRange(); keys.Next(); {
		key := Encoder{depth: e.depth}
		key.value(keys.Key())
		data, err := key.Data()
		if err != nil {
			e.Fail(err)
			return
		}
		list = append(list, pair{key: data})
		value := Encoder{depth: e.depth}
		value.value(keys.Value())
		list[len(list)-1].value, err = value.Data()
		if err != nil {
			e.Fail(err)
			return
		}
	}
	slices.SortFunc(list, func(a, b pair) int {
		return bytes.Compare(a.key, b.key)
	})
	e.Map(len(list))
	if e.err != nil {
		return
	}
	e.pending -= 2 * uint64(len(list)) // they are encoded already
	for _, one := range list {
		e.data = append(e.data, one.key...)
		e.data = append(e.data, one.value...)
	}
}

// shown returns the indexes of the fields of a struct that are written.
func shown(t reflect.Type) []int {
	var list []int
	for i := range t.NumField() {
		field := t.Field(i)
		if field.IsExported() && field.Tag.Get("pack") != "-" {
			list = append(list, i)
		}
	}
	return list
}

func (e *Encoder) fields(v reflect.Value) {
	list := shown(v.Type())
	if v.Type().NumField() == 0 && v.Type().Name() == "" {
		e.Nil()
		return
	}
	e.Array(len(list))
	for _, i := range list {
		e.value(v.Field(i))
	}
}
