// An echo server: a process for each connection, so that none waits for another
// one, and none is lost with another one.
//
// Build: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o echo.wasm ./echo
// Run:   lunatic echo.wasm 127.0.0.1:7000
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"lunatic"
)

const patience = time.Minute

var connection = lunatic.Define("connection", func(conn *lunatic.Conn) {
	defer conn.Close()
	data := make([]byte, 4096)
	for {
		conn.SetDeadline(time.Now().Add(patience))
		n, err := conn.Read(data)
		if err == nil {
			_, err = conn.Write(data[:n])
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "a connection ends:", err)
			return
		}
	}
})

func main() {
	at := "127.0.0.1:7000"
	if len(os.Args) > 1 {
		at = os.Args[1]
	}
	listener, err := lunatic.Listen(at)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening at", listener.Addr())
	for {
		conn, err := listener.AcceptConn()
		if err != nil {
			fmt.Fprintln(os.Stderr, "accept:", err)
			lunatic.Sleep(100 * time.Millisecond)
			continue
		}
		server, err := connection.Spawn(conn)
		if err != nil {
			fmt.Fprintln(os.Stderr, "spawn:", err)
		} else {
			server.Drop()
		}
		conn.Close() // the other process has its own
	}
}
