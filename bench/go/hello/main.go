// A program of 2.5 MB that does nothing.
package main

import "fmt"

func main() { fmt.Println("hello") }
