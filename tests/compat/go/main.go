// A guest in Go: WASI through the standard library, a few host functions of
// lunatic through wasmimport.
package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
	"unsafe"
)

//go:wasmimport lunatic::process this
func this() uint64

//go:wasmimport lunatic::process this_env
func thisEnv() uint64

//go:wasmimport lunatic::process register
func register(name unsafe.Pointer, nameLen uint32, version unsafe.Pointer,
	versionLen uint32, env uint64, process uint64) uint32

//go:wasmimport lunatic::process lookup
func lookup(name unsafe.Pointer, nameLen uint32, query unsafe.Pointer,
	queryLen uint32, id unsafe.Pointer) uint32

//go:wasmimport lunatic::process inherit_spawn
func inheritSpawn(link int64, function unsafe.Pointer, functionLen uint32,
	params unsafe.Pointer, paramsLen uint32, id unsafe.Pointer) uint32

//go:wasmimport lunatic::message create_data
func createData(tag int64, capacity uint64)

//go:wasmimport lunatic::message write_data
func writeData(data unsafe.Pointer, size uint32) uint32

//go:wasmimport lunatic::message read_data
func readData(data unsafe.Pointer, size uint32) uint32

//go:wasmimport lunatic::message get_tag
func getTag() int64

//go:wasmimport lunatic::message send
func send(process uint64)

//go:wasmimport lunatic::message receive
func receive(tags unsafe.Pointer, count uint32, timeout uint32) uint32

func need(good bool, what string) {
	if !good {
		fmt.Fprintln(os.Stderr, "failed:", what)
		os.Exit(1)
	}
}

func files() {
	need(os.Mkdir("folder", 0o755) == nil, "Mkdir")
	want := bytes.Repeat([]byte("0123456789"), 10000)
	need(os.WriteFile("folder/a", want, 0o644) == nil, "WriteFile")
	need(os.Rename("folder/a", "folder/b") == nil, "Rename")
	have, err := os.ReadFile("folder/b")
	need(err == nil && bytes.Equal(have, want), "ReadFile")
	info, err := os.Stat("folder/b")
	need(err == nil && info.Size() == int64(len(want)), "Stat")
	var names []string
	err = fs.WalkDir(os.DirFS("."), "folder",
		func(path string, _ fs.DirEntry, err error) error {
			names = append(names, path)
			return err
		})
	need(err == nil && strings.Join(names, " ") == "folder folder/b",
		"WalkDir")
	_, err = os.Open("folder/none")
	need(os.IsNotExist(err), "Open")
	_, err = os.Open("/etc/passwd")
	need(err != nil, "Open outside")
	need(os.RemoveAll("folder") == nil, "RemoveAll")
}

func goroutines() {
	var wait sync.WaitGroup
	numbers := make(chan int)
	for i := 0; i < 100; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			time.Sleep(time.Millisecond)
			numbers <- i
		}()
	}
	go func() {
		wait.Wait()
		close(numbers)
	}()
	sum := 0
	for number := range numbers {
		sum += number
	}
	need(sum == 4950, "goroutines")
}

func clock() {
	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	need(time.Since(start) >= 20*time.Millisecond, "Sleep")
	need(start.Year() > 2020, "Now")
	var one, two [32]byte
	_, err := rand.Read(one[:])
	need(err == nil, "rand")
	_, err = rand.Read(two[:])
	need(err == nil && one != two, "rand twice")
}

func address(text string) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.StringData(text)), uint32(len(text))
}

// parent finds the main process, which is registered; the main process itself
// finds nobody.
func parent() (uint64, bool) {
	name, nameLen := address("main")
	query, queryLen := address("^1")
	var id uint64
	found := lookup(name, nameLen, query, queryLen, unsafe.Pointer(&id))
	return id, found == 0
}

// child is a process of its own, so its runtime runs goroutines of its own.
func child(parent uint64) {
	need(receive(nil, 0, 0) == 0, "receive")
	text := make([]byte, 5)
	need(readData(unsafe.Pointer(&text[0]), 5) == 5, "read_data")
	goroutines()
	answer := strings.ToUpper(string(text))
	createData(getTag()+1, 0)
	writeData(address(answer))
	send(parent)
}

// Only _start sets up Go's runtime, so that is where processes begin.
func processes() {
	name, nameLen := address("main")
	version, versionLen := address("1.0.0")
	need(register(name, nameLen, version, versionLen, thisEnv(),
		this()) == 0, "register")
	var id uint64
	name, nameLen = address("_start")
	need(inheritSpawn(0, name, nameLen, nil, 0,
		unsafe.Pointer(&id)) == 0, "inherit_spawn")
	createData(7, 0)
	writeData(address("hello"))
	send(id)
	tag := int64(8)
	need(receive(unsafe.Pointer(&tag), 1, 20000) == 0, "receive")
	text := make([]byte, 5)
	need(readData(unsafe.Pointer(&text[0]), 5) == 5, "read_data")
	fmt.Println(string(text), "from Go")
}

func main() {
	if id, found := parent(); found {
		child(id)
		return
	}
	need(len(os.Args) == 3 && os.Args[2] == "two words", "arguments")
	need(os.Getenv("GREETING") == "hello", "environment")
	files()
	goroutines()
	clock()
	processes()
	os.Exit(7)
}
