//go:build wasip1 && !component

package lunatic

import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

// The first process begins here. As in all others, the runtime of Go has been
// set up before, by _initialize.
//
//go:wasmexport _start
func start() { mainMain() }

// The name of the export in which defined functions begin.
const spawnExport = "lunatic_go_spawn"

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

// hostError is an error with the text that the host has for it.
func hostError(id uint64) error {
	text := make([]byte, errorStringSize(id)+1)
	errorToString(id, unsafe.Pointer(&text[0]))
	errorDrop(id)
	return errors.New(string(text[:len(text)-1]))
}

// UUID is unique on all nodes.
func (p Process) UUID() (uuid [16]byte) {
	processUUID(p.handle(), unsafe.Pointer(&uuid))
	return uuid
}

// Same tells whether both are handles to one process.
func (p Process) Same(other Process) bool { return p.UUID() == other.UUID() }

func firstTag() uint64 {
	uuid := Self().UUID()
	halves := *(*[2]uint64)(unsafe.Pointer(&uuid))
	return (halves[0] ^ halves[1]) >> 2
}

// messageData is what the host has received.
func messageData() []byte {
	data := make([]byte, messageSize())
	messageRead(unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data)))
	return data
}

// Timers of modules send any message.
func messageCanWait() error { return nil }

// The host knows, and traps if there is none.
func messageHasProcess(uint64) bool { return true }

func registryError(result uint32) error {
	switch result {
	case 0:
		return nil
	case 1:
		return ErrVersion
	}
	return ErrNotFound
}

func register(name, version string, p Process) error {
	return registryError(processRegister(address(name), uint32(len(name)),
		address(version), uint32(len(version)), thisEnv(), p.handle()))
}

func unregister(name, version string) error {
	return registryError(processUnregister(address(name),
		uint32(len(name)), address(version), uint32(len(version)),
		thisEnv()))
}

func lookup(name, requirement string) (p Process, err error) {
	var id uint64
	err = registryError(processLookup(address(name), uint32(len(name)),
		address(requirement), uint32(len(requirement)),
		unsafe.Pointer(&id)))
	if err == nil {
		p.id = id + 1
	}
	return p, err
}

var ownEnv uint64 // plus 1

func thisEnv() uint64 {
	if ownEnv == 0 {
		ownEnv = processThisEnv() + 1
	}
	return ownEnv - 1
}
