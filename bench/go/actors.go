// The peers of guest/ping_pong.c, ring.c, fan_in.c, spawn.c, idle.c and of fib in
// compute/: a goroutine in the place of a process, a channel in that of a
// mailbox.
//
//	actors ping_pong | ring | fan_in | spawn | fib | idle
package main

import (
	"fmt"
	"os"
	"time"
)

const rounds = 5

// A mailbox takes this many messages before a sender waits.
const room = 64

func report(series string, began time.Time, count int) {
	took := float64(time.Since(began).Nanoseconds())
	fmt.Printf("%s %.3f\n", series, took/float64(count))
}

func pingPong() {
	const trips = 200000
	there, back := make(chan uint64, room), make(chan uint64, room)
	go func() {
		for n := range there {
			back <- n
		}
	}()
	for range rounds {
		began := time.Now()
		for n := uint64(trips); n > 0; n-- {
			there <- n
			<-back
		}
		report("pingpong", began, 2*trips)
	}
}

func ring() {
	const members, laps = 1000, 500
	first := make(chan uint64, room)
	last := first
	for range members - 1 {
		from, to := last, make(chan uint64, room)
		last = to
		go func() {
			for n := range from {
				to <- n
			}
		}()
	}
	for range rounds {
		began := time.Now()
		for n := uint64(0); n < laps; n++ {
			first <- n
			<-last
		}
		report("ring", began, laps*members)
	}
}

func fanIn() {
	const senders, each = 100, 2000
	inbox := make(chan uint64, room)
	var start [senders]chan uint64
	for i := range start {
		start[i] = make(chan uint64, room)
		go func() {
			for count := range start[i] {
				for n := uint64(0); n < count; n++ {
					inbox <- n
				}
			}
		}()
	}
	for range rounds {
		began := time.Now()
		for i := range start {
			start[i] <- each
		}
		for range senders * each {
			<-inbox
		}
		report("fanin", began, senders*each)
	}
}

func cycles(times int) {
	for range times {
		inbox := make(chan uint64, room)
		go func() { inbox <- 1 }()
		<-inbox
	}
}

func spawn() {
	const times, parents = 20000, 4
	for range rounds {
		began := time.Now()
		cycles(times)
		report("spawn", began, times)
	}
	for range rounds {
		done := make(chan bool)
		began := time.Now()
		for range parents {
			go func() {
				cycles(times / parents)
				done <- true
			}()
		}
		for range parents {
			<-done
		}
		report("spawn4", began, times)
	}
}

//go:noinline
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func idle() {
	var count int
	fmt.Scan(&count)
	ready := make(chan bool)
	for range count {
		inbox := make(chan uint64, room)
		go func() {
			ready <- true
			<-inbox
		}()
		<-ready
	}
	fmt.Println("waiting", count)
	time.Sleep(time.Hour)
}

func main() {
	switch os.Args[1] {
	case "ping_pong":
		pingPong()
	case "ring":
		ring()
	case "fan_in":
		fanIn()
	case "spawn":
		spawn()
	case "fib":
		for range rounds {
			began := time.Now()
			if fib(32) != 2178309 {
				os.Exit(1)
			}
			report("fib", began, 1)
		}
	case "idle":
		idle()
	}
}
