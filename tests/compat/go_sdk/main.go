// What package lunatic does, in a guest: run without arguments, or with
// "ask FILE", "meet FILE" (pair.go) or "dial ADDRESS". module.go and component.go
// have what only one of both does.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"lunatic"
	"lunatic/pack"
)

const patience = 20 * time.Second

// Tags of what a module that meets a component wants of it.
const (
	toServe = 71
	toAsk   = 72
)

func need(good bool, what string) {
	if !good {
		panic("failed: " + what)
	}
}

type Order struct {
	Words []string
	N     int
	To    lunatic.Process
	later int // is not sent
}

var square = lunatic.Define("square", func(order Order) {
	need(order.later == 0, "an unexported field")
	need(strings.Join(order.Words, " ") == "one two", "words")
	done := make(chan int)
	go func() { done <- order.N * order.N }()
	order.To.SendTagged(7, <-done)
})

// ends ends in the way that it is told.
var ends = lunatic.Define("ends", func(how string) {
	switch how {
	case "return":
	case "exit":
		os.Exit(5)
	case "panic":
		panic("it was told to")
	case "sleep":
		lunatic.Sleep(time.Hour)
	case "wait":
		lunatic.Receive(lunatic.Forever)
	}
})

// adder answers requests with the sum of all, and forwards other values.
var adder = lunatic.Define("adder", func(parent lunatic.Process) {
	lunatic.Register("adder", "1.2.3", lunatic.Self())
	parent.Send("ready")
	sum := 0
	for {
		mail, err := lunatic.Receive(patience)
		need(err == nil, "adder: receive")
		if mail.IsStop() {
			return
		}
		if !mail.IsRequest() {
			var text string
			need(mail.Decode(&text) == nil, "adder: text")
			parent.SendTagged(mail.Tag, text+" came")
			continue
		}
		var n int
		sender, err := mail.Request(&n)
		need(err == nil, "adder: request")
		if n < 0 {
			os.Exit(4)
		}
		sum += n
		sender.Reply(sum)
	}
})

// late answers when it is told to, and says that it has.
var late = lunatic.Define("late", func(parent lunatic.Process) {
	mail, err := lunatic.Receive(patience)
	need(err == nil, "late: receive")
	sender, err := mail.Request(new(int))
	need(err == nil, "late: request")
	lunatic.Receive(patience)
	sender.Reply(1)
	parent.SendTagged(10, "answered")
})

func messages() {
	var numbers lunatic.Mailbox[int]
	child, err := square.Spawn(Order{[]string{"one", "two"}, 12,
		lunatic.Self(), 1})
	need(err == nil, "spawn")
	lunatic.Self().Send("later")
	n, err := numbers.Receive(patience, 8, 7)
	need(err == nil && n == 144, "square")
	_, err = numbers.Receive(time.Millisecond, 7)
	need(err == lunatic.ErrTimeout, "a timeout")
	n, err = numbers.Receive(patience)
	need(errors.Is(err, pack.ErrFormat) && n == 0, "another type")
	need(child.Is() && !child.Same(lunatic.Self()), "a handle")
	child.Drop()
	need(lunatic.Self().Send(func() {}) != nil, "a function is sent")
	_, err = pack.Marshal(lunatic.Self())
	need(err == lunatic.ErrNoMessage, "a process in memory")
	need(lunatic.Self().Send(lunatic.Process{}) != nil, "no process is sent")

	lunatic.Self().Send(lunatic.Self())
	mail, _ := lunatic.Receive(patience)
	lunatic.Self().Send(1)
	var p lunatic.Process
	need(mail.Decode(&p) == lunatic.ErrStale, "a handle of an old message")
	lunatic.Receive(patience)
	lunatic.Self().Send([]byte("x"))
	mail, _ = lunatic.Receive(patience)
	lunatic.Self().Send(1)
	var data []byte
	need(mail.Decode(&data) == nil && string(data) == "x",
		"data of an old message")
	lunatic.Receive(patience)
}

func requests() {
	server, err := adder.Spawn(lunatic.Self())
	need(err == nil, "spawning adder")
	var texts lunatic.Mailbox[string]
	text, err := texts.Receive(patience)
	need(err == nil && text == "ready", "adder is ready")
	found, err := lunatic.Lookup("adder", "^1.1")
	need(err == nil && found.Same(server), "lookup")
	_, err = lunatic.Lookup("adder", "2")
	need(err == lunatic.ErrNotFound, "another version")
	_, err = lunatic.Lookup("adder", "x.y")
	need(err == lunatic.ErrVersion, "no version")
	for i, want := range []int{1, 3, 6} {
		sum, err := lunatic.Call[int](found, i+1, patience)
		need(err == nil && sum == want, "call")
	}
	found.SendTagged(9, "a text")
	text, err = texts.Receive(patience, 9)
	need(err == nil && text == "a text came", "a text")
	_, err = lunatic.Call[string](found, 1, patience)
	need(errors.Is(err, pack.ErrFormat), "an answer of another type")
	deaf, _ := ends.Spawn("sleep")
	_, err = lunatic.Call[int](deaf, 1, time.Millisecond)
	need(err == lunatic.ErrTimeout, "no answer")
	deaf.Kill()
	slow, _ := late.Spawn(lunatic.Self())
	_, err = lunatic.Call[int](slow, 1, time.Millisecond)
	need(err == lunatic.ErrTimeout, "no answer yet")
	slow.Send("go on")
	_, err = texts.Receive(patience, 10)
	need(err == nil, "the answer that was late")
	_, err = lunatic.Receive(time.Millisecond)
	need(err == lunatic.ErrTimeout, "a late answer is dropped")
	_, err = lunatic.Call[int](found, -1, patience)
	var end *lunatic.EndError
	need(errors.As(err, &end) && end.End.Reason == lunatic.Exited &&
		end.End.Status == status(4), "the end of adder")
	_, err = lunatic.Lookup("adder", "1")
	need(err == lunatic.ErrNotFound, "an ended process")
}

func failures() {
	lunatic.CatchLinks(true)
	for how, want := range map[string]lunatic.End{
		"return": {Reason: lunatic.Returned},
		"exit":   {Reason: lunatic.Exited, Status: status(5)},
		"wait":   {Reason: lunatic.Killed},
	} {
		child, link, err := ends.SpawnLink("wait")
		need(err == nil, "spawn")
		child.Unlink()
		child.Kill()
		watched, err := ends.Spawn(how)
		need(err == nil, "spawn")
		tag := watched.Monitor()
		if how == "wait" {
			watched.Kill()
		}
		mail, err := lunatic.Receive(patience, tag)
		need(err == nil && mail.Kind == lunatic.Ended, how)
		// It may have ended before it was watched.
		need(mail.End == want || mail.End.Reason == lunatic.NoProcess,
			how+": "+mail.End.String())
		_, err = lunatic.Receive(time.Millisecond, link)
		need(err == lunatic.ErrTimeout, "a link that was removed")
	}
	_, link, err := ends.SpawnLink("exit")
	need(err == nil, "spawn")
	mail, err := lunatic.Receive(patience, link)
	need(err == nil && mail.Kind == lunatic.LinkDied, "a linked exit")
	var signal *lunatic.SignalError
	need(errors.As(mail.Decode(new(int)), &signal), "a signal has no value")
	child, _ := ends.Spawn("wait")
	lunatic.Demonitor(child.Monitor())
	tag := child.Link()
	child.Kill()
	mail, err = lunatic.Receive(patience, tag)
	need(err == nil && mail.Kind == lunatic.LinkDied, "a linked kill")
	lunatic.CatchLinks(false)
}

// bytes are sent without MessagePack, with processes beside them.
func bytes() {
	self := lunatic.Self()
	other, err := ends.Spawn("wait")
	need(err == nil, "spawn")
	need(self.SendBytes(41, []byte{1, 0xc1}, self, other) == nil, "SendBytes")
	mail, err := lunatic.Receive(patience, 41)
	need(err == nil && string(mail.Bytes()) == "\x01\xc1", "Bytes")
	second, err := mail.Process(1)
	need(err == nil && second.Same(other) && !second.Same(self), "Process(1)")
	first, err := mail.Process(0)
	need(err == nil && first.Same(self), "Process(0)")
	need(self.SendBytes(42, nil) == nil, "no bytes")
	_, err = mail.Process(0)
	need(err == lunatic.ErrStale, "a process of an old message")
	mail, err = lunatic.Receive(patience, 42)
	need(err == nil && len(mail.Bytes()) == 0, "no bytes")
	need(self.SendBytes(43, nil, lunatic.Process{}) != nil, "no process")
	other.Kill()
}

func contexts() {
	ctx, cancel := context.WithTimeout(context.Background(),
		5*time.Millisecond)
	_, err := lunatic.ReceiveContext(ctx, 61)
	need(err == context.DeadlineExceeded, "a deadline")
	_, err = lunatic.Mailbox[int]{}.ReceiveContext(ctx)
	need(err == context.DeadlineExceeded, "a deadline that is over")
	cancel()
	ctx, cancel = context.WithCancel(context.Background())
	lunatic.Self().SendTagged(62, 7)
	n, err := lunatic.Mailbox[int]{}.ReceiveContext(ctx, 62)
	need(err == nil && n == 7, "no deadline")
	cancel()
	_, err = lunatic.ReceiveContext(ctx)
	need(err == context.Canceled, "a context that is cancelled")
	_, err = lunatic.CallContext[int](ctx, lunatic.Self(), 1)
	need(err == context.Canceled, "a call that is cancelled")
	deaf, _ := ends.Spawn("sleep")
	ctx, cancel = context.WithTimeout(context.Background(),
		5*time.Millisecond)
	defer cancel()
	_, err = lunatic.CallContext[int](ctx, deaf, 1)
	need(err == context.DeadlineExceeded, "a call with a deadline")
	deaf.Kill()
	var timeout net.Error
	need(errors.Is(lunatic.ErrTimeout, os.ErrDeadlineExceeded) &&
		errors.As(lunatic.ErrTimeout, &timeout) && timeout.Timeout(),
		"what ErrTimeout is")
}

func timers() {
	self := lunatic.Self()
	_, err := self.SendAfter(time.Millisecond, 21, "tick")
	need(err == nil, "SendAfter")
	text, err := lunatic.Mailbox[string]{}.Receive(patience, 21)
	need(err == nil && text == "tick", "a timer")
	timer, _ := self.SendEvery(time.Millisecond, 22, nil)
	for range 3 {
		_, err = lunatic.Receive(patience, 22)
		need(err == nil, "a periodic timer")
	}
	need(timer.Stop() && !timer.Stop(), "stopping a timer")
	timer, _ = self.SendAfter(time.Hour, 23, nil)
	need(timer.Stop(), "stopping a timer that has not sent")
	begin := time.Now()
	lunatic.Sleep(2 * time.Millisecond)
	need(time.Since(begin) >= 2*time.Millisecond, "Sleep")
}

// life is a child of supervise: it says that it runs, and ends as it is told.
var life = lunatic.Define("life", func(order Order) {
	order.To.SendTagged(31, order.Words[0])
	mail, err := lunatic.Receive(patience)
	need(err == nil, "life: receive")
	if mail.IsStop() {
		order.To.SendTagged(32, order.Words[0])
		return
	}
	os.Exit(1)
})

var top = lunatic.Define("top", func(order Order) {
	one := life.Child("one", Order{Words: []string{"one"}, To: order.To})
	one.Shutdown = patience
	two := life.Child("two", Order{Words: []string{"two"}, To: order.To})
	start := two.Start
	two.Start = func(how lunatic.How) (lunatic.Process, error) {
		p, err := start(how)
		order.To.SendTagged(33, p)
		return p, err
	}
	two.Shutdown = patience
	sup := lunatic.Supervisor{Strategy: lunatic.Strategy(order.N),
		Children: []lunatic.Child{one, two}, Restarts: 2,
		Within: time.Minute}
	if sup.Run() != nil {
		os.Exit(1)
	}
})

// told are the texts that come under a tag, in their order.
func told(tag int64, count int) (texts []string) {
	for range count {
		text, err := lunatic.Mailbox[string]{}.Receive(patience, tag)
		need(err == nil, "a child tells")
		texts = append(texts, text)
	}
	return texts
}

func supervise(strategy lunatic.Strategy, again int) {
	processes := lunatic.Mailbox[lunatic.Process]{}
	sup, err := top.Spawn(Order{N: int(strategy), To: lunatic.Self()})
	need(err == nil, "top")
	end := sup.Monitor()
	told(31, 2)
	for range 2 {
		two, err := processes.Receive(patience, 33)
		need(err == nil, "two")
		two.Send(nil)
		told(31, again)
		if again == 2 {
			need(told(32, 1)[0] == "one", "one is stopped")
		}
	}
	two, _ := processes.Receive(patience, 33)
	if strategy == lunatic.OneForOne {
		sup.Stop()
		texts := told(32, 2)
		need(texts[0] == "two" && texts[1] == "one", "the order of stops")
	} else {
		two.Send(nil) // once too often
		need(told(32, 1)[0] == "one", "one is stopped when it gives up")
	}
	mail, err := lunatic.Receive(patience, end)
	need(err == nil && mail.Kind == lunatic.Ended, "the end of top")
	need((mail.End.Reason == lunatic.Returned) ==
		(strategy == lunatic.OneForOne), "how top ends")
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "ask" {
		askC(os.Args[2])
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "dial" {
		dials(os.Args[2])
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "meet" {
		meet(os.Args[2])
		return
	}
	// Processes of another environment have no arguments.
	if len(os.Args) == 0 {
		isMet()
		return
	}
	messages()
	requests()
	failures()
	contexts()
	timers()
	bytes()
	others()
	supervise(lunatic.OneForOne, 1)
	supervise(lunatic.OneForAll, 2)
	fmt.Println("passed")
	os.Exit(7)
}
