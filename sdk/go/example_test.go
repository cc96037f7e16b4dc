//go:build wasip1 && !component

package lunatic_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lunatic"
)

type order struct {
	N  int
	To lunatic.Process
}

// A function that processes can begin in.
var square = lunatic.Define("example square", func(o order) {
	o.To.Send(o.N * o.N)
})

// A server: it answers requests.
var double = lunatic.Define("example double", func(lunatic.None) {
	for {
		mail, err := lunatic.Receive(lunatic.Forever)
		if err != nil || mail.IsStop() {
			return
		}
		var n int
		if sender, err := mail.Request(&n); err == nil {
			sender.Reply(2 * n)
		}
	}
})

func ExampleDefine() {
	square.Spawn(order{12, lunatic.Self()})
	n, err := lunatic.Mailbox[int]{}.Receive(time.Second)
	fmt.Println(n, err)
	// Output: 144 <nil>
}

func ExampleCall() {
	server, _ := double.Spawn(lunatic.None{})
	n, err := lunatic.Call[int](server, 21, time.Second)
	fmt.Println(n, err)
	server.Kill()
	_, err = lunatic.Call[int](server, 21, time.Second)
	var end *lunatic.EndError
	fmt.Println(errors.As(err, &end))
	// Output:
	// 42 <nil>
	// true
}

func ExampleReceiveContext() {
	ctx, cancel := context.WithTimeout(context.Background(),
		10*time.Millisecond)
	defer cancel()
	_, err := lunatic.ReceiveContext(ctx, lunatic.NewTag())
	fmt.Println(err)
	// Output: context deadline exceeded
}

func ExampleSupervisor() {
	supervisor := lunatic.Supervisor{
		Name:     "workers",
		Children: []lunatic.Child{double.Child("double", lunatic.None{})},
		Restarts: 5,
		Within:   10 * time.Second,
	}
	if err := supervisor.Run(); err != nil {
		panic(err)
	}
}

func ExampleListen() {
	listener, err := lunatic.Listen("127.0.0.1:8080")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello,", r.RemoteAddr)
	})
	http.Serve(listener, nil)
}
