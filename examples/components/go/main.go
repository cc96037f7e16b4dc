// A program in Go as a component: Go makes a module of preview 1, and build.sh
// puts an adapter to WASI 0.2 around it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		words(os.Args[1])
	}
	// Goroutines are Go's own affair: to the runtime this is one process.
	var group sync.WaitGroup
	squares := make(chan int, 10)
	for i := 1; i <= 10; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(time.Millisecond)
			squares <- i * i
		}()
	}
	group.Wait()
	close(squares)
	sum := 0
	for square := range squares {
		sum += square
	}
	fmt.Println("the sum of 10 squares is", sum)
}

// words counts those of a file, below a directory that --dir names.
func words(name string) {
	file, err := os.Open(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer file.Close()
	count := 0
	in := bufio.NewScanner(file)
	in.Split(bufio.ScanWords)
	for in.Scan() {
		count++
	}
	fmt.Println(name, "has", count, "words")
}
