//go:build wasip1

package lunatic

import (
	"fmt"
	"hash/fnv"
	"os"
	"unsafe"

	"lunatic/pack"
)

//go:linkname mainMain main.main
func mainMain()

// The first process begins here. As in all others, the runtime of Go has been
// set up before, by _initialize.
//
//go:wasmexport _start
func start() { mainMain() }

// The name of the export in which defined functions begin.
const spawnExport = "lunatic_go_spawn"

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

// SpawnName starts a process that calls the function that was defined under a
// name in the module, with an argument of its type.
func SpawnName(name string, how How, argument any) (Process, error) {
	data, err := encodeNew(0, argument)
	if err != nil {
		return Process{}, err
	}
	p, err := SpawnExport(spawnExport, how, I64(key(name)))
	if err != nil {
		return Process{}, err
	}
	if how.monitor != nil {
		*how.monitor = p.Monitor()
	}
	return p, data.send(p)
}

// Param is a parameter of an exported function.
type Param [17]byte

// I32 is a parameter of 32 bits.
func I32(v int32) Param { return param(0x7f, uint64(uint32(v))) }

// I64 is a parameter of 64 bits.
func I64(v int64) Param { return param(0x7e, uint64(v)) }

func param(kind byte, number uint64) (p Param) {
	p[0] = kind
	*(*[8]byte)(p[1:9]) = *(*[8]byte)(unsafe.Pointer(&number))
	return p
}

// SpawnExport starts a process in a function that the module exports, which
// may be written in another language. In Go, //go:wasmexport exports one.
func SpawnExport(name string, how How, params ...Param) (Process, error) {
	var id uint64
	var failed uint32
	at := unsafe.Pointer(unsafe.SliceData(params))
	size := uint32(17 * len(params))
	if how.Module.id != 0 {
		failed = processSpawn(how.Link, how.Module.id-1,
			address(name), uint32(len(name)), at, size,
			unsafe.Pointer(&id))
	} else {
		failed = processInheritSpawn(how.Link, address(name),
			uint32(len(name)), at, size, unsafe.Pointer(&id))
	}
	if failed != 0 {
		return Process{}, hostError(id)
	}
	return Process{id + 1}, nil
}

//go:wasmexport lunatic_go_spawn
func spawned(key int64) {
	function, is := defined[key]
	mail, err := Receive(Forever)
	if err == nil && !is {
		err = fmt.Errorf("no function of that name is defined")
	}
	if err == nil {
		SetLabel(function.name)
		err = function.call(mail)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "lunatic: cannot begin %s: %v\n",
			function.name, err)
		os.Exit(1)
	}
}

func address(text string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(text))
}

// None is the argument of a function that needs none.
type None = struct{}

var _ pack.Marshaler = Process{}
