package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"lunatic"
	"lunatic/pack"
)

// The Go half of a pair that talks to ../pair/pair.c: every shape of value,
// requests in both directions, tags and links.

// Shape is an enum of Rust: Nothing, One(u32), Two(i8, String),
// Fields { x: f64, y: Option<bool> }.
type Shape struct {
	Kind   uint32
	One    uint32
	Two    Two
	Fields Fields
}

type Two struct {
	A int8
	B string
}

type Fields struct {
	X float64
	Y *bool
}

func (s Shape) PackTo(e *pack.Encoder) {
	e.Variant(s.Kind)
	switch s.Kind {
	case 0:
		e.Nil()
	case 1:
		e.Value(s.One)
	case 2:
		e.Value(s.Two)
	case 3:
		e.Value(s.Fields)
	}
}

func (s *Shape) UnpackFrom(d *pack.Decoder) {
	s.Kind = d.Variant()
	switch s.Kind {
	case 0:
		d.Nil()
	case 1:
		d.Value(&s.One)
	case 2:
		d.Value(&s.Two)
	case 3:
		d.Value(&s.Fields)
	default:
		d.Fail(pack.ErrFormat)
	}
}

type All struct {
	Good    bool
	Numbers struct {
		A int8
		B int16
		C int32
		D int64
		E uint64
	}
	Floats struct {
		A float32
		B float64
	}
	Letter  string
	Text    string
	Unit    Unit
	Wrapped Wrapped
	Nothing struct{}
	None    *uint32
	Some    *uint32
	List    []int16
	Array   [3]uint8
	Map     map[string]uint32
	Bytes   []byte
	Raw     []uint16
	Shapes  []Shape
	Widths  []int64
	Empty   struct {
		Text  string
		Bytes []byte
		List  []uint16
		Map   map[string]uint32
	}
	Texts [3]string
	Large struct {
		Short, Long []byte
		Flags       []bool
	}
	Deep [][][]string
	Home lunatic.Process
}

const (
	large  = 70000
	rounds = 20
)

type Unit struct{}

type Wrapped int32

func all(home lunatic.Process) (a All) {
	a.Good = true
	a.Numbers.A, a.Numbers.B, a.Numbers.C = -128, -129, -1<<31
	a.Numbers.D, a.Numbers.E = -1<<63, 1<<64-1
	a.Floats.A, a.Floats.B = 0.5, -1e300
	a.Letter = "ß"
	a.Text = "a text of more than thirty-one bytes"
	a.Wrapped = -33
	some := uint32(65536)
	a.Some = &some
	for i := range 20 {
		a.List = append(a.List, int16(i*100-1000))
	}
	a.Array = [3]uint8{1, 127, 128}
	a.Map = map[string]uint32{"one": 1, "two": 200000}
	a.Bytes = []byte{0, 255, 7}
	a.Raw = []uint16{0, 255}
	no := false
	a.Shapes = []Shape{{Kind: 0}, {Kind: 1, One: 7},
		{Kind: 2, Two: Two{-1, "two"}},
		{Kind: 3, Fields: Fields{2.5, &no}}}
	a.Widths = []int64{0, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1,
		1 << 32, 1<<63 - 1, -1, -32, -33, -128, -129, -32768, -32769,
		-1 << 31, -1 << 32}
	a.Empty.Bytes = []byte{}
	a.Empty.List = []uint16{}
	a.Empty.Map = map[string]uint32{}
	a.Texts = [3]string{"日本語, é, 🌕", strings.Repeat("x", 300),
		strings.Repeat("x", large)}
	for i := range large {
		a.Large.Long = append(a.Large.Long, byte(i*7))
		a.Large.Flags = append(a.Large.Flags, i%3 == 0)
	}
	a.Large.Short = a.Large.Long[:300]
	a.Deep = [][][]string{{{"deep"}, {}}, {}}
	a.Home = home
	return a
}

// is checks a value that came, all but its process.
func is(have All) {
	want := all(have.Home)
	if !reflect.DeepEqual(have, want) {
		panic(fmt.Sprintf("%+v is not %+v", have, want))
	}
}

type Context struct {
	Name string
	Tag  int64
}

// serve gets a context, then a number under the tag in it, then requests. One
// with a false Good kills.
func serve() {
	first, err := lunatic.Mailbox[Context]{}.Receive(patience)
	need(err == nil && first.Name == "context", "context")
	var numbers lunatic.Mailbox[uint64]
	two, err := numbers.Receive(patience, first.Tag)
	need(err == nil && two == 2, "a tag")
	one, err := numbers.Receive(patience)
	need(err == nil && one == 1, "no tag")
	for {
		mail, err := lunatic.Receive(patience)
		need(err == nil && mail.IsRequest(), "request")
		var request All
		sender, err := mail.Request(&request)
		need(err == nil, "reading a request")
		if !request.Good {
			os.Exit(3)
		}
		is(request)
		need(request.Home.Same(sender.Process()), "the sender")
		need(request.Home.SendTagged(first.Tag, int32(-42)) == nil, "send")
		need(sender.Reply(all(request.Home)) == nil, "reply")
		request.Home.Drop()
	}
}

// ask asks a server, whose other messages have the tag.
func ask(server lunatic.Process, tags ...int64) {
	for range rounds {
		reply, err := lunatic.Call[All](server, all(lunatic.Self()), patience)
		need(err == nil, "call")
		is(reply)
		need(reply.Home.Same(lunatic.Self()), "home")
		reply.Home.Drop()
		number, err := lunatic.Mailbox[int32]{}.Receive(patience, tags...)
		need(err == nil && number == -42, "number")
	}
}

type Asking struct {
	Server lunatic.Process
	Tag    int64
}

// askOne asks the server that it is told.
func askOne() {
	to, err := lunatic.Mailbox[Asking]{}.Receive(patience)
	need(err == nil, "an order")
	ask(to.Server, to.Tag)
	bad := all(lunatic.Self())
	bad.Good = false
	_, err = lunatic.Call[All](to.Server, bad, patience)
	var end *lunatic.EndError
	need(errors.As(err, &end), "the end of a server")
}
