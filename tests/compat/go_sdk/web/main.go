// A server and clients of net/http on connections of package lunatic, in one
// process: goroutines go on while others wait.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"lunatic"
)

func need(good bool, what string) {
	if !good {
		fmt.Println("failed:", what)
		os.Exit(1)
	}
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello,", r.URL.Query().Get("name"))
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond)
		fmt.Fprintln(w, "slow")
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(w, r.Body)
		need(err == nil && n == 3<<20, "reading a large body")
	})
	// It ends when the client has gone, which the server reads in the
	// background.
	mux.HandleFunc("/until", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		gone <- r.Context().Err()
	})
	return mux
}

var gone = make(chan error, 1)

func get(client *http.Client, url string) string {
	response, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	need(err == nil, "a body")
	return strings.TrimSpace(string(body))
}

func main() {
	listener, err := lunatic.Listen("127.0.0.1:0")
	need(err == nil, "listen")
	server := &http.Server{Handler: handler()}
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()
	at := "http://" + listener.Addr().String()
	transport := &http.Transport{DialContext: lunatic.DialContext}
	client := &http.Client{Transport: transport}

	for _, name := range []string{"one", "two"} {
		need(get(client, at+"/hello?name="+name) == "hello, "+name, name)
	}
	var all sync.WaitGroup
	begin := time.Now()
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			need(get(client, at+"/slow") == "slow", "a slow answer")
		}()
	}
	all.Wait()
	need(time.Since(begin) < 8*300*time.Millisecond, "one after the other")

	response, err := client.Post(at+"/large", "text/plain",
		strings.NewReader(strings.Repeat("x", 3<<20)))
	need(err == nil, "a large request")
	n, err := io.Copy(io.Discard, response.Body)
	need(err == nil && n == 3<<20, "a large answer")
	response.Body.Close()

	ctx, cancel := context.WithTimeout(context.Background(),
		50*time.Millisecond)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, "GET", at+"/until", nil)
	_, err = client.Do(request)
	need(errors.Is(err, context.DeadlineExceeded), "a deadline")
	need(<-gone == context.Canceled, "a client that has gone")

	_, err = lunatic.DialContext(ctx, "tcp", listener.Addr().String())
	need(errors.Is(err, context.DeadlineExceeded), "dialing too late")
	_, err = lunatic.DialContext(context.Background(), "udp", "127.0.0.1:1")
	var unknown net.UnknownNetworkError
	need(errors.As(err, &unknown), "a network that is not there")

	transport.CloseIdleConnections()
	need(server.Shutdown(context.Background()) == nil, "shutdown")
	need(<-served == http.ErrServerClosed, "the end of the server")
	fmt.Println("passed")
	os.Exit(0)
}
