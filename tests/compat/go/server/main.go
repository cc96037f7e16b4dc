// An HTTP server at the listener that is descriptor 3, beside a goroutine that
// ends the program when as many requests have come as the argument says, or
// after a minute. With a second argument the descriptor is made non-blocking
// first, as other runtimes need it.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	wanted, _ := strconv.Atoi(os.Args[1])
	if len(os.Args) > 2 {
		syscall.SetNonblock(3, true)
	}
	listener, err := net.FileListener(os.NewFile(3, ""))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var answered atomic.Int32
	go func() {
		for range 6000 {
			time.Sleep(10 * time.Millisecond)
			if int(answered.Load()) >= wanted {
				// The last answer is still being written.
				time.Sleep(200 * time.Millisecond)
				os.Exit(0)
			}
		}
		fmt.Println("only", answered.Load(), "requests")
		os.Exit(1)
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hi %s\n", r.URL.Path)
		answered.Add(1)
	})
	fmt.Println(http.Serve(listener, nil))
}
