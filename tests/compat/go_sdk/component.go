//go:build component

package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"lunatic"
	"lunatic/pack"
)

// status is what others see of an exit status: WASI 0.2 knows two.
func status(uint32) uint32 { return 1 }

func askC(string) {
	fmt.Println("a component adds no modules")
	os.Exit(1)
}

func meet(string) { askC("") }

// isMet does what the module that has loaded the component wants.
func isMet() {
	mail, err := lunatic.Receive(patience, toServe, toAsk)
	need(err == nil, "an order")
	if mail.Tag == toServe {
		serve()
	} else {
		askOne()
	}
}

type Parcel struct {
	To   lunatic.Process
	Data []byte
}

// echo sends back what it gets.
var echo = lunatic.Define("echo", func(lunatic.None) {
	for {
		parcel, err := lunatic.Mailbox[Parcel]{}.Receive(lunatic.Forever)
		need(err == nil, "echo")
		parcel.To.SendTagged(51, parcel.Data)
		parcel.To.Drop()
	}
})

// parcels has messages of up to 4 MiB go both ways, and many small ones, while the
// heap grows and is collected: what lives stays what it was.
func parcels() {
	server, err := echo.Spawn(lunatic.None{})
	need(err == nil, "spawn")
	var kept [][]byte
	var mailbox lunatic.Mailbox[[]byte]
	send := func(size int, fill byte) []byte {
		data := make([]byte, size)
		for i := range data {
			data[i] = fill
		}
		server.Send(Parcel{lunatic.Self(), data})
		data, err := mailbox.Receive(patience, 51)
		need(err == nil && len(data) == size, "an echo")
		return data
	}
	for i := range 46 {
		kept = append(kept, send(1<<(i%23), byte(i)))
		time.Sleep(time.Microsecond)
	}
	for i := range 20000 {
		need(send(1000, byte(i))[999] == byte(i), "a small echo")
	}
	runtime.GC()
	for i, data := range kept {
		for _, c := range data {
			need(c == byte(i), "the heap is not what it was")
		}
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	need(memory.NumGC > 3, "nothing was collected")
	need(memory.Sys < 256<<20, "memory is not used again")
	server.Kill()
}

func others() {
	self := lunatic.Self()
	need(self.ID() != 0, "an id")
	_, err := self.SendAfter(time.Hour, 52, self)
	need(err != nil, "a timer with a process")
	// A value that names a process that is not there.
	value, err := pack.Marshal(uint64(3))
	need(err == nil && self.SendBytes(53, value) == nil, "SendBytes")
	_, err = lunatic.Mailbox[lunatic.Process]{}.Receive(patience, 53)
	need(err == lunatic.ErrNoHandle, "a process that is not there")
	need(self.SendBytes(54, nil) == nil, "SendBytes")
	mail, err := lunatic.Receive(patience, 54)
	need(err == nil, "Receive")
	for _, index := range []int{0, -1, 1 << 40} {
		_, err = mail.Process(index)
		need(err == lunatic.ErrNoHandle, "no process")
	}
	long := string(make([]byte, 5000))
	need(lunatic.Register(long, "1.0.0", self) != nil, "a long name")
	stranger, err := lunatic.SpawnName("nothing", lunatic.How{}, nil)
	need(err == nil, "spawning what is not defined")
	mail, err = lunatic.Receive(patience, stranger.Monitor())
	need(err == nil && mail.End.Reason != lunatic.Returned, "how that ends")
	// A process that panics traps.
	child, err := ends.Spawn("panic")
	need(err == nil, "spawn")
	mail, err = lunatic.Receive(patience, child.Monitor())
	need(err == nil && (mail.End.Reason == lunatic.Trapped ||
		mail.End.Reason == lunatic.NoProcess), "a panic")
	parcels()
}

// dials needs connections.
func dials(string) {}
