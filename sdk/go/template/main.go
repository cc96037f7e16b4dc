// A server greets names, below a supervisor that starts it anew when it fails.
package main

import (
	"fmt"
	"os"
	"time"

	"lunatic"
)

const patience = 5 * time.Second

// greeter is a server: it answers requests, one after the other.
var greeter = lunatic.Define("greeter", func(lunatic.None) {
	lunatic.Register("greeter", "1.0.0", lunatic.Self())
	for {
		mail, err := lunatic.Receive(lunatic.Forever)
		if err != nil || mail.IsStop() {
			return
		}
		var name string
		if sender, err := mail.Request(&name); err == nil {
			sender.Reply(greeting(name))
		}
	}
})

var supervisor = lunatic.Define("supervisor", func(lunatic.None) {
	top := lunatic.Supervisor{
		Name: "supervisor",
		Children: []lunatic.Child{
			greeter.Child("greeter", lunatic.None{}),
		},
		Restarts: 5,
		Within:   10 * time.Second,
	}
	if err := top.Run(); err != nil {
		panic(err)
	}
})

// greet asks the greeter; while that is started anew, again and again.
func greet(name string) (string, error) {
	deadline := time.Now().Add(patience)
	for {
		server, err := lunatic.Lookup("greeter", "1")
		if err == nil {
			defer server.Drop()
			return lunatic.Call[string](server, name, patience)
		}
		if time.Now().After(deadline) {
			return "", err
		}
		lunatic.Sleep(time.Millisecond)
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Println("usage: lunatic app.wasm NAME...")
	}
	if _, err := supervisor.Spawn(lunatic.None{}); err != nil {
		panic(err)
	}
	for _, name := range os.Args[min(1, len(os.Args)):] {
		text, err := greet(name)
		if err != nil {
			text = fmt.Sprintf("no greeting for %s: %v", name, err)
		}
		fmt.Println(text)
	}
}
