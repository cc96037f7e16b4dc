//go:build wasip1

package lunatic

import (
	"hash/fnv"
	"unsafe"

	"lunatic/pack"
)

//go:linkname mainMain main.main
func mainMain()

// What a defined function is called with its argument by.
var defined = map[int64]struct {
	name string
	call func(*Message) error
}{}

// key is what a process is told of the name of the function that it is to call.
// It is the same in all versions of a program.
func key(name string) int64 {
	hash := fnv.New64a()
	hash.Write([]byte(name))
	return int64(hash.Sum64())
}

// An Entry is a function that processes can begin in.
type Entry[T any] struct {
	name string
}

// Define makes a function one that processes can begin in. The process ends
// when it returns; if it panics, the process traps. Call it from
// the declaration of a variable of a package, so that each instance knows the
// function. A name may be defined once.
func Define[T any](name string, function func(argument T)) *Entry[T] {
	if known, is := defined[key(name)]; is {
		panic("lunatic: '" + name + "' is defined already, as '" +
			known.name + "'")
	}
	one := defined[key(name)]
	one.name = name
	one.call = func(mail *Message) error {
		var argument T
		if err := mail.Decode(&argument); err != nil {
			return err
		}
		function(argument)
		return nil
	}
	defined[key(name)] = one
	return &Entry[T]{name}
}

// Name is the name that the function was defined under.
func (e *Entry[T]) Name() string { return e.name }

// Spawn starts a process that calls the function.
func (e *Entry[T]) Spawn(argument T) (Process, error) {
	return SpawnName(e.name, How{}, argument)
}

// SpawnLink is Spawn with a link, whose tag it returns: see Process.Link.
func (e *Entry[T]) SpawnLink(argument T) (Process, int64, error) {
	tag := NewTag()
	p, err := SpawnName(e.name, How{Link: tag}, argument)
	return p, tag, err
}

// SpawnWith is Spawn in the way that how says.
func (e *Entry[T]) SpawnWith(how How, argument T) (Process, error) {
	return SpawnName(e.name, how, argument)
}

// Child describes a process that calls the function to a Supervisor.
func (e *Entry[T]) Child(name string, argument T) Child {
	return Child{Name: name, Start: func(how How) (Process, error) {
		return SpawnName(e.name, how, argument)
	}}
}

// How a process is spawned. The zero How means: from this module, in this
// environment, not linked.
type How struct {
	Link   int64  // if not 0, the tag of a link that is made before it runs
	Module Module // the zero Module is that of this process

	monitor *int64 // if not nil, gets a monitor that is made before it runs
}

func address(text string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(text))
}

// None is the argument of a function that needs none.
type None = struct{}

var _ pack.Marshaler = Process{}
