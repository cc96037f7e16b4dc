// What bench/guest/v13/data.c measures, as a guest in Go: spawns, requests, and
// processes that wait. Each process begins in main, with a runtime of its own;
// its data is what that brings along.
package main

import (
	"fmt"
	"time"
	"unsafe"
)

const (
	rounds = 3
	round  = 30 * time.Millisecond
	atOnce = 50
	// What a process is told to do.
	toEnd   = 0
	toServe = 1
	toIdle  = 2
	forever = ^uint64(0)
	own     = ^uint64(0)
)

//go:wasmimport lunatic::process process_id
func processID() uint64

//go:wasmimport lunatic::process spawn
func hostSpawn(link int64, config uint64, module uint64,
	function unsafe.Pointer, functionLen uint32, params unsafe.Pointer,
	paramsLen uint32, id unsafe.Pointer) uint32

//go:wasmimport lunatic::registry put
func put(name unsafe.Pointer, nameLen uint32, node uint64, process uint64)

//go:wasmimport lunatic::registry get
func get(name unsafe.Pointer, nameLen uint32, node unsafe.Pointer,
	process unsafe.Pointer) uint32

//go:wasmimport lunatic::message create_data
func createData(tag int64, capacity uint64)

//go:wasmimport lunatic::message write_data
func writeData(data unsafe.Pointer, size uint32) uint32

//go:wasmimport lunatic::message read_data
func readData(data unsafe.Pointer, size uint32) uint32

//go:wasmimport lunatic::message send
func hostSend(process uint64) uint32

//go:wasmimport lunatic::message receive
func hostReceive(tags unsafe.Pointer, count uint32, timeout uint64) uint32

func text(s string) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.StringData(s)), uint32(len(s))
}

// The first process registers itself, so whoever finds it is a child.
func parent() (id uint64, found bool) {
	var node uint64
	name, nameLen := text("parent")
	found = get(name, nameLen, unsafe.Pointer(&node),
		unsafe.Pointer(&id)) == 0
	return
}

func send(to uint64, number int64) {
	createData(1, 8)
	writeData(unsafe.Pointer(&number), 8)
	hostSend(to)
}

func receive() (number int64) {
	hostReceive(nil, 0, forever)
	readData(unsafe.Pointer(&number), 8)
	return
}

func spawn(todo int64) (child uint64) {
	start, startLen := text("_start")
	if hostSpawn(0, own, own, start, startLen, nil, 0,
		unsafe.Pointer(&child)) != 0 {
		panic("no process")
	}
	send(child, todo)
	return
}

func live(first uint64) {
	switch receive() {
	case toEnd:
		send(first, 1)
	case toServe:
		for {
			send(first, receive())
		}
	case toIdle:
		send(first, 1)
		receive()
	}
}

// Repeats until a round's time is over.
func measure(series string, work func()) {
	for i := 0; i < rounds; i++ {
		began := time.Now()
		count := 0
		for time.Since(began) < round {
			work()
			count++
		}
		fmt.Printf("%s %.3f\n", series,
			float64(time.Since(began))/float64(count))
	}
}

func hold(count int) {
	for left := count; left > 0; left -= atOnce {
		some := min(left, atOnce)
		for i := 0; i < some; i++ {
			spawn(toIdle)
		}
		for i := 0; i < some; i++ {
			receive()
		}
	}
	fmt.Println("waiting", count)
	receive()
}

func main() {
	if first, found := parent(); found {
		live(first)
		return
	}
	var count int
	name, nameLen := text("parent")
	put(name, nameLen, 0, processID())
	if n, _ := fmt.Scan(&count); n == 1 {
		hold(count)
		return
	}
	measure("data-spawn", func() {
		spawn(toEnd)
		receive()
	})
	server := spawn(toServe)
	measure("data-request", func() {
		send(server, 1)
		receive()
	})
}
