//go:build !component

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"lunatic"
)

// status is what others see of an exit status.
func status(status uint32) uint32 { return status }

func others() {
	_, err := lunatic.SpawnExport("nothing", lunatic.How{})
	need(err != nil && strings.Contains(err.Error(), "nothing"),
		"an export that is not there")
	goroutines()
	network()
	sides()
}

// talk reads lines of a connection that came in a message.
var talk = lunatic.Define("talk", func(conn *lunatic.Conn) {
	data, err := io.ReadAll(conn)
	need(err == nil, "talk: ReadAll")
	_, err = conn.Write([]byte(strings.ToUpper(string(data))))
	need(err == nil && conn.Close() == nil, "talk: Write")
	_, err = conn.Read(data)
	need(errors.Is(err, net.ErrClosed), "talk: closed")
})

// shout sends a text and closes its side, which is that of another clone too.
var shout = lunatic.Define("shout", func(at string) {
	conn, err := lunatic.Dial(at, patience)
	need(err == nil, "shout: dial")
	defer conn.Close()
	conn.Write([]byte("hello"))
	conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	var timeout net.Error
	need(errors.As(err, &timeout) && timeout.Timeout(), "a deadline")
	lunatic.Register("shouted", "1.0.0", lunatic.Self())
})

func network() {
	listener, err := lunatic.Listen("127.0.0.1:0")
	need(err == nil, "listen")
	var _ net.Listener = listener
	at := listener.Addr().String()
	need(strings.HasPrefix(at, "127.0.0.1:") && at != "127.0.0.1:0", at)
	_, err = lunatic.Listen(at)
	need(err != nil, "an address that is taken")
	shout.Spawn(at)
	conn, err := listener.Accept()
	need(err == nil, "accept")
	need(strings.HasPrefix(conn.RemoteAddr().String(), "127.0.0.1:"), "peer")
	server, err := talk.Spawn(conn.(*lunatic.Conn))
	need(err == nil && conn.Close() == nil, "talk")
	need(conn.Close() != nil, "closing twice")
	end := server.Monitor()
	mail, err := lunatic.Receive(patience, end)
	need(err == nil && mail.End.Reason == lunatic.Returned,
		"talk: "+mail.End.String())
	need(listener.Close() == nil && listener.Close() != nil, "close")
	_, err = listener.Accept()
	need(errors.Is(err, net.ErrClosed), "accepting when closed")
	_, err = lunatic.Dial(at, patience)
	need(err != nil, "connecting with nobody")
}

// sides closes one side of a connection, and reads in one goroutine while
// another one writes.
func sides() {
	listener, err := lunatic.Listen("127.0.0.1:0")
	need(err == nil, "listen")
	listener.SetDeadline(time.Now().Add(5 * time.Millisecond))
	_, err = listener.Accept()
	need(errors.Is(err, os.ErrDeadlineExceeded), "a deadline of Accept")
	listener.SetDeadline(time.Time{})
	client, err := lunatic.Dial(listener.Addr().String(), patience)
	need(err == nil, "dial")
	server, err := listener.AcceptConn()
	need(err == nil, "accept")
	echoed := make(chan int64)
	go func() {
		n, err := io.Copy(server, server)
		need(err == nil && server.CloseWrite() == nil, "copy")
		echoed <- n
	}()
	// More than the kernel holds, so both have to go on.
	sent := make(chan error)
	go func() {
		_, err := client.Write(make([]byte, 16<<20))
		sent <- errors.Join(err, client.CloseWrite())
	}()
	n, err := io.Copy(io.Discard, client)
	need(err == nil && n == 16<<20 && <-echoed == n && <-sent == nil,
		"echo")
	accepting := make(chan error)
	go func() {
		_, err := listener.Accept()
		accepting <- err
	}()
	time.Sleep(time.Millisecond)
	need(listener.Close() == nil, "close")
	need(errors.Is(<-accepting, net.ErrClosed), "a listener that is closed")
	reading := make(chan error)
	go func() {
		_, err := client.Read(make([]byte, 1))
		reading <- err
	}()
	need(<-reading == io.EOF, "the end")
	need(client.Close() == nil && server.Close() == nil, "close")
	_, err = client.Write([]byte("x"))
	need(errors.Is(err, net.ErrClosed), "writing when closed")
}

// What pair.c spawns.
//
//go:wasmexport go_server
func goServer(number int32, long int64) {
	need(number == -5 && long == 1<<40, "parameters")
	serve()
}

//go:wasmexport go_asker
func goAsker() { askOne() }

// loaded is a module or a component in an environment of its own.
func loaded(file string) lunatic.Module {
	data, err := os.ReadFile(file)
	need(err == nil, "reading the other half")
	env, err := lunatic.NewEnv(lunatic.Config{MaxMemory: 1 << 30,
		Namespaces: []string{""}})
	need(err == nil, "an environment")
	module, err := env.Add(data)
	need(err == nil, "the module")
	return module
}

// askC loads the other half and asks it.
func askC(file string) {
	how := lunatic.How{Module: loaded(file)}
	server, err := lunatic.SpawnExport("c_server", how)
	need(err == nil, "spawning c_server")
	ask(server)
	lunatic.CatchLinks(true)
	how.Link = lunatic.NewTag()
	mortal, err := lunatic.SpawnExport("c_server", how)
	need(err == nil, "a linked c_server")
	mortal.Send(nil)
	mail, err := lunatic.Receive(patience)
	need(err == nil && mail.Kind == lunatic.LinkDied && mail.Tag == how.Link,
		"the end of c_server")
	fmt.Println("Go asked C")
}

func isMet() {}

// meet loads this program as a component, asks it, and is asked by it.
func meet(file string) {
	how := lunatic.How{Module: loaded(file)}
	server, err := lunatic.SpawnExport("_start", how)
	need(err == nil, "spawning the component")
	const tag = 6
	begin := func(server lunatic.Process) {
		server.Send(Context{"context", tag})
		server.Send(1)
		server.SendTagged(tag, 2)
	}
	server.SendTagged(toServe, nil)
	begin(server)
	ask(server, tag)
	server.SendTagged(0, 1) // which is no request
	mail, err := lunatic.Receive(patience, server.Monitor())
	need(err == nil && mail.End.Reason == lunatic.Trapped,
		"a panic: "+mail.End.String())
	own, err := lunatic.SpawnExport("go_server", lunatic.How{},
		lunatic.I32(-5), lunatic.I64(1<<40))
	need(err == nil, "spawning go_server")
	begin(own)
	asker, err := lunatic.SpawnExport("_start", how)
	need(err == nil, "spawning the component again")
	end := asker.Monitor()
	asker.SendTagged(toAsk, nil)
	asker.Send(Asking{own, tag})
	mail, err = lunatic.Receive(patience, end)
	need(err == nil && mail.End.Reason == lunatic.Returned,
		"the component asks: "+mail.End.String())
	idle, err := lunatic.SpawnExport("_start", how)
	need(err == nil, "spawning the component once more")
	end = idle.Monitor()
	idle.Kill()
	mail, err = lunatic.Receive(patience, end)
	need(err == nil && mail.End.Reason == lunatic.Killed, "a kill")
	fmt.Println("met")
}
