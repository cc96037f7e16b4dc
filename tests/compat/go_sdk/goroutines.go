//go:build !component

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"lunatic"
)

const together = 20

// barrier answers requests when as many have come as goroutines ask.
var barrier = lunatic.Define("barrier", func(count int) {
	var senders []lunatic.Sender
	for range count {
		mail, err := lunatic.Receive(patience)
		need(err == nil, "barrier: receive")
		sender, err := mail.Request(new(int))
		need(err == nil, "barrier: request")
		senders = append(senders, sender)
	}
	for i, sender := range senders {
		sender.Reply(i)
	}
})

// backwards sends under the tags from n to 1.
var backwards = lunatic.Define("backwards", func(order Order) {
	for tag := order.N; tag > 0; tag-- {
		lunatic.Sleep(time.Millisecond)
		order.To.SendTagged(int64(tag), tag*10)
	}
})

// echoes connects, and tells when what it sent came back.
var echoes = lunatic.Define("echoes", func(order Order) {
	conn, err := lunatic.Dial(order.Words[0], patience)
	need(err == nil, "echoes: dial")
	_, err = conn.Write([]byte("round"))
	need(err == nil && conn.CloseWrite() == nil, "echoes: write")
	data, err := io.ReadAll(conn)
	need(err == nil && string(data) == "round", "echoes: read")
	order.To.SendTagged(77, string(data))
})

// What waits for messages stops one goroutine only: each of these would wait for
// ever otherwise.
func goroutines() {
	var wait sync.WaitGroup
	var numbers lunatic.Mailbox[int]

	// Each goroutine gets what it waits for; the rest stays.
	self := lunatic.Self()
	backwards.Spawn(Order{N: together + 1, To: self})
	for tag := 1; tag <= together; tag++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			n, err := numbers.Receive(patience, int64(tag))
			need(err == nil && n == tag*10, "a tag of a goroutine")
		}()
	}
	wait.Wait()
	n, err := numbers.Receive(0)
	need(err == nil && n == (together+1)*10, "what nobody waited for")
	_, err = lunatic.Receive(0)
	need(err == lunatic.ErrTimeout, "an empty mailbox")

	// Many calls at a time.
	server, err := barrier.Spawn(together)
	need(err == nil, "barrier")
	sum := make(chan int)
	for range together {
		go func() {
			n, err := lunatic.Call[int](server, 0, patience)
			need(err == nil, "a call of a goroutine")
			sum <- n
		}()
	}
	total := 0
	for range together {
		total += <-sum
	}
	need(total == together*(together-1)/2, "the answers")
	_, err = lunatic.Call[int](server, 0, patience)
	var ended *lunatic.EndError
	need(errors.As(err, &ended), "the end of who is called")

	beside()
	cancels()
}

// beside serves a connection while it waits for a message.
func beside() {
	listener, err := lunatic.Listen("127.0.0.1:0")
	need(err == nil, "listen")
	go func() {
		conn, err := listener.Accept()
		need(err == nil, "accept beside")
		io.Copy(conn, conn)
		conn.Close()
	}()
	_, err = echoes.Spawn(Order{Words: []string{listener.Addr().String()},
		To: lunatic.Self()})
	need(err == nil, "echoes")
	var texts lunatic.Mailbox[string]
	text, err := texts.Receive(patience, 77)
	need(err == nil && text == "round", "a message beside a connection")
	need(listener.Close() == nil, "close")
}

// cancels ends waits by contexts, from another goroutine.
func cancels() {
	ctx, cancel := context.WithCancel(context.Background())
	begun := make(chan bool)
	go func() {
		<-begun
		cancel()
	}()
	go func() { begun <- true }()
	_, err := lunatic.ReceiveContext(ctx)
	need(err == context.Canceled, "a cancelled receive")

	server, err := late.Spawn(lunatic.Self())
	need(err == nil, "late")
	ctx, cancel = context.WithCancel(context.Background())
	go cancel()
	_, err = lunatic.CallContext[int](ctx, server, 1)
	need(err == context.Canceled, "a cancelled call")
	// Its answer is late, and dropped.
	server.Send("now")
	mail, err := lunatic.Receive(patience)
	need(err == nil && mail.Tag == 10, "what comes after a late answer")
	_, err = lunatic.Receive(time.Millisecond)
	need(err == lunatic.ErrTimeout, "a late answer is dropped")

	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = lunatic.ReceiveContext(ctx)
	need(errors.Is(err, context.DeadlineExceeded), "the end of a deadline")
}

// dials connects with somebody who takes the connection only when this has said
// that other goroutines go on. Then it gives up a connection that nobody takes.
func dials(at string) {
	connected := make(chan bool)
	go func() {
		conn, err := lunatic.Dial(at, patience)
		need(err == nil && conn.RemoteAddr().String() == at, "a slow dial")
		_, err = io.ReadAll(conn)
		need(err == nil && conn.Close() == nil, "what was dialled")
		connected <- true
	}()
	time.Sleep(100 * time.Millisecond)
	fmt.Println("others go on")
	<-connected
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := lunatic.DialContext(ctx, "tcp", at)
	need(err == context.Canceled, "a cancelled dial")
	_, err = lunatic.DialContext(context.Background(), "udp", at)
	need(err != nil, "another network")
	fmt.Println("dialled")
}
