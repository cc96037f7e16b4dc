package pack

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"unicode/utf8"
)

var (
	// ErrFormat says that the bytes are not the wanted value.
	ErrFormat = errors.New("pack: not the wanted value")
	// ErrRange says that a number does not fit.
	ErrRange = errors.New("pack: a number does not fit")
	// ErrRest says that bytes follow the value.
	ErrRest = errors.New("pack: bytes follow the value")
)

// An Unmarshaler reads itself, as exactly one value.
type Unmarshaler interface {
	UnpackFrom(d *Decoder)
}

// Kind is what the next value is.
type Kind int

const (
	KindNone Kind = iota // the end, or a failure
	KindNil
	KindBool
	KindInt // negative
	KindUint
	KindFloat32
	KindFloat64
	KindString
	KindBytes
	KindExt
	KindArray
	KindMap
)

// A Decoder reads values. It is strict: a value must have the wanted type,
// numbers must fit, and texts must be UTF-8. It trusts no length before it has
// seen that as many bytes are there. It remembers its first failure; every read
// after that returns zero.
type Decoder struct {
	data  []byte
	depth int
	err   error
}

// NewDecoder reads data, which must not change meanwhile.
func NewDecoder(data []byte) *Decoder {
	return &Decoder{data: data}
}

// Unmarshal reads one value into what v points to; nothing may follow.
func Unmarshal(data []byte, v any) error {
	d := Decoder{data: data}
	d.Value(v)
	return d.End()
}

// End returns the first failure, or ErrRest if bytes are left.
func (d *Decoder) End() error {
	if d.err == nil && len(d.data) > 0 {
		d.err = ErrRest
	}
	return d.err
}

// Err returns the first failure.
func (d *Decoder) Err() error { return d.err }

// Fail makes the decoder fail, unless it has failed before.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Peek tells what comes next; nothing is consumed.
func (d *Decoder) Peek() Kind {
	if d.err != nil || len(d.data) == 0 {
		return KindNone
	}
	switch b := d.data[0]; {
	case b < 0x80 || b >= 0xcc && b <= 0xcf:
		return KindUint
	case b < 0x90 || b == 0xde || b == 0xdf:
		return KindMap
	case b < 0xa0 || b == 0xdc || b == 0xdd:
		return KindArray
	case b < 0xc0 || b >= 0xd9 && b <= 0xdb:
		return KindString
	case b == 0xc0:
		return KindNil
	case b == 0xc2 || b == 0xc3:
		return KindBool
	case b >= 0xc4 && b <= 0xc6:
		return KindBytes
	case b == 0xca:
		return KindFloat32
	case b == 0xcb:
		return KindFloat64
	case b >= 0xd0 && b <= 0xd3:
		return d.peekSigned(b)
	case b >= 0xe0:
		return KindInt
	case b == 0xc1:
		return KindNone
	}
	return KindExt
}

// peekSigned tells whether a number that may be negative is.
func (d *Decoder) peekSigned(b byte) Kind {
	if len(d.data) > 1 && d.data[1] < 0x80 {
		return KindUint
	}
	return KindInt
}

// take consumes a number of bytes; nil after a failure.
func (d *Decoder) take(count uint64) []byte {
	if d.err == nil && count > uint64(len(d.data)) {
		d.err = ErrFormat
	}
	if d.err != nil {
		return nil
	}
	taken := d.data[:count:count]
	d.data = d.data[count:]
	return taken
}

// number consumes a big-endian number of size bytes.
func (d *Decoder) number(size uint64) (number uint64) {
	for _, b := range d.take(size) {
		number = number<<8 | uint64(b)
	}
	return number
}

// marker consumes the first byte of a value, which must be of that kind.
func (d *Decoder) marker(kind Kind) byte {
	if d.err == nil && d.Peek() != kind {
		d.err = ErrFormat
	}
	if b := d.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// Nil reads nil.
func (d *Decoder) Nil() { d.marker(KindNil) }

// Bool reads a truth value.
func (d *Decoder) Bool() bool { return d.marker(KindBool) == 0xc3 }

// Uint reads an integer of any form.
func (d *Decoder) Uint() uint64 {
	if d.Peek() == KindInt {
		d.Fail(ErrRange)
		return 0
	}
	switch b := d.marker(KindUint); {
	case b < 0x80:
		return uint64(b)
	case b <= 0xcf:
		return d.number(1 << (b - 0xcc))
	default: // a signed form, which is not negative
		return d.number(1 << (b - 0xd0))
	}
}

// Int reads an integer of any form.
func (d *Decoder) Int() int64 {
	if d.Peek() != KindInt {
		number := d.Uint()
		if number > math.MaxInt64 {
			d.Fail(ErrRange)
			return 0
		}
		return int64(number)
	}
	switch b := d.marker(KindInt); b {
	case 0xd0:
		return int64(int8(d.number(1)))
	case 0xd1:
		return int64(int16(d.number(2)))
	case 0xd2:
		return int64(int32(d.number(4)))
	case 0xd3:
		return int64(d.number(8))
	default:
		return int64(int8(b))
	}
}

// Float32 reads a number of 32 bits.
func (d *Decoder) Float32() float32 {
	d.marker(KindFloat32)
	return math.Float32frombits(uint32(d.number(4)))
}

// Float64 reads a number of 32 or 64 bits.
func (d *Decoder) Float64() float64 {
	if d.Peek() == KindFloat32 {
		return float64(d.Float32())
	}
	d.marker(KindFloat64)
	return math.Float64frombits(d.number(8))
}

// String reads a text.
func (d *Decoder) String() string {
	b := d.marker(KindString)
	length := uint64(b & 31)
	if b >= 0xd9 {
		length = d.number(1 << (b - 0xd9))
	}
	text := d.take(length)
	if !utf8.Valid(text) {
		d.Fail(ErrUTF8)
		return ""
	}
	return string(text)
}

// Bytes reads bytes, as a copy.
func (d *Decoder) Bytes() []byte {
	b := d.marker(KindBytes)
	if d.err != nil {
		return nil
	}
	return append([]byte{}, d.take(d.number(1<<(b-0xc4)))...)
}

// Ext reads an application's own type of value.
func (d *Decoder) Ext() (v Ext) {
	b := d.marker(KindExt)
	if d.err != nil {
		return
	}
	length := uint64(0)
	if b >= 0xd4 {
		length = 1 << (b - 0xd4)
	} else {
		length = d.number(1 << (b - 0xc7))
	}
	v.Type = int8(d.number(1))
	v.Data = append([]byte{}, d.take(length)...)
	return
}

// count reads the number of values in an array or map, each of which takes a
// byte at least.
func (d *Decoder) count(kind Kind, long byte, each uint64) int {
	b := d.marker(kind)
	count := uint64(b & 15)
	if b >= long {
		count = d.number(2 << (b - long))
	}
	if d.err == nil && count*each > uint64(len(d.data)) {
		d.err = ErrFormat
	}
	if d.err != nil {
		return 0
	}
	return int(count)
}

// Array reads the number of values in an array, which come next.
func (d *Decoder) Array() int { return d.count(KindArray, 0xdc, 1) }

// Map reads the number of pairs of key and value, which come next.
func (d *Decoder) Map() int { return d.count(KindMap, 0xde, 2) }

// Tuple reads an array that must have that many values.
func (d *Decoder) Tuple(count int) {
	if d.Array() != count {
		d.Fail(ErrFormat)
	}
}

// Variant reads the index of a variant of an enum of Rust; its content comes
// next as one value.
func (d *Decoder) Variant() uint32 {
	if d.Map() != 1 {
		d.Fail(ErrFormat)
	}
	index := d.Uint()
	if index > math.MaxUint32 {
		d.Fail(ErrRange)
		return 0
	}
	return uint32(index)
}

// Skip skips one value. Nesting costs no stack.
func (d *Decoder) Skip() {
	for left := uint64(1); left > 0 && d.err == nil; left-- {
		switch d.Peek() {
		case KindArray:
			left += uint64(d.Array())
		case KindMap:
			left += 2 * uint64(d.Map())
		case KindString:
			b := d.marker(KindString)
			length := uint64(b & 31)
			if b >= 0xd9 {
				length = d.number(1 << (b - 0xd9))
			}
			d.take(length)
		default:
			d.anything()
		}
	}
}

// Value reads a value into what v points to.
func (d *Decoder) Value(v any) {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		d.Fail(fmt.Errorf("pack: %T is no pointer to read into", v))
		return
	}
	d.value(to.Elem())
}

// anything reads what comes as bool, int64 (or uint64 where it must be),
// float32, float64, string, []byte, Ext, []any and map[any]any.
func (d *Decoder) anything() any {
	switch d.Peek() {
	case KindNil:
		d.Nil()
		return nil
	case KindBool:
		return d.Bool()
	case KindInt:
		return d.Int()
	case KindUint:
		if number := d.Uint(); number > math.MaxInt64 {
			return number
		} else {
			return int64(number)
		}
	case KindFloat32:
		return d.Float32()
	case KindFloat64:
		return d.Float64()
	case KindString:
		return d.String()
	case KindBytes:
		return d.Bytes()
	case KindExt:
		return d.Ext()
	case KindArray:
		list := []any{}
		for range d.Array() {
			var one any
			d.Value(&one)
			list = append(list, one)
			if d.err != nil {
				return nil
			}
		}
		return list
	case KindMap:
		return d.anyMap()
	}
	d.Fail(ErrFormat)
	return nil
}

func (d *Decoder) anyMap() any {
	pairs := map[any]any{}
	for range d.Map() {
		var key, value any
		d.Value(&key)
		d.Value(&value)
		switch key.(type) {
		case []byte, []any, map[any]any, Ext:
			d.Fail(ErrFormat) // cannot be a key in Go
		}
		if d.err != nil {
			return nil
		}
		pairs[key] = value
	}
	return pairs
}

// own reads a value that knows how, and says whether it is one.
func (d *Decoder) own(to reflect.Value) bool {
	if !to.CanAddr() {
		return false
	}
	switch v := to.Addr().Interface().(type) {
	case Unmarshaler:
		v.UnpackFrom(d)
	case *Variant:
		v.Index = d.Variant()
		v.Value = d.anything()
	case *Ext:
		*v = d.Ext()
	default:
		return false
	}
	return true
}

func (d *Decoder) value(to reflect.Value) {
	if d.depth++; d.depth > maxDepth {
		d.Fail(ErrDepth)
	}
	defer func() { d.depth-- }()
	if d.err != nil || d.own(to) {
		return
	}
	switch to.Kind() {
	case reflect.Bool:
		to.SetBool(d.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32,
		reflect.Int64:
		if number := d.Int(); !to.OverflowInt(number) {
			to.SetInt(number)
		} else {
			d.Fail(ErrRange)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32,
		reflect.Uint64, reflect.Uintptr:
		if number := d.Uint(); !to.OverflowUint(number) {
			to.SetUint(number)
		} else {
			d.Fail(ErrRange)
		}
	case reflect.Float32:
		to.SetFloat(float64(d.Float32()))
	case reflect.Float64:
		to.SetFloat(d.Float64())
	case reflect.String:
		to.SetString(d.String())
	default:
		d.composite(to)
	}
}

func (d *Decoder) composite(to reflect.Value) {
	switch to.Kind() {
	case reflect.Slice:
		d.slice(to)
	case reflect.Array:
		d.Tuple(to.Len())
		for i := range to.Len() {
			d.value(to.Index(i))
		}
	case reflect.Map:
		d.pairs(to)
	case reflect.Struct:
		d.fields(to)
	case reflect.Pointer:
		d.pointer(to)
	case reflect.Interface:
		if to.NumMethod() > 0 {
			d.Fail(fmt.Errorf("pack: a %s cannot be read",
				to.Type()))
		} else if v := d.anything(); v != nil {
			to.Set(reflect.ValueOf(v))
		} else {
			to.SetZero()
		}
	default:
		d.Fail(fmt.Errorf("pack: a %s cannot be read", to.Type()))
	}
}

func (d *Decoder) slice(to reflect.Value) {
	if to.Type().Elem().Kind() == reflect.Uint8 &&
		d.Peek() == KindBytes {
		to.SetBytes(d.Bytes())
		return
	}
	list := reflect.MakeSlice(to.Type(), 0, 0)
	for range d.Array() {
		one := reflect.New(to.Type().Elem()).Elem()
		if d.value(one); d.err != nil {
			return
		}
		list = reflect.Append(list, one)
	}
	to.Set(list)
}

func (d *Decoder) pairs(to reflect.Value) {
	pairs := reflect.MakeMap(to.Type())
	for range d.Map() {
		key := reflect.New(to.Type().Key()).Elem()
		value := reflect.New(to.Type().Elem()).Elem()
		d.value(key)
		if d.value(value); d.err != nil {
			return
		}
		if !key.Comparable() {
			d.Fail(ErrFormat) // an interface with a slice in it
			return
		}
		pairs.SetMapIndex(key, value)
	}
	to.Set(pairs)
}

func (d *Decoder) fields(to reflect.Value) {
	list := shown(to.Type())
	if to.NumField() == 0 && d.Peek() == KindNil {
		d.Nil()
		return
	}
	d.Tuple(len(list))
	for _, i := range list {
		d.value(to.Field(i))
	}
}

func (d *Decoder) pointer(to reflect.Value) {
	if d.Peek() == KindNil {
		d.Nil()
		to.SetZero()
		return
	}
	one := reflect.New(to.Type().Elem())
	d.value(one.Elem())
	if d.err == nil {
		to.Set(one)
	}
}
