// Package lunatic is the guest library for Go: processes, messages, links,
// monitors, names, timers, supervisors and TCP of the lunatic runtime.
//
// A program is built by Go's own compiler, as a module with exports:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o app.wasm .
//	lunatic app.wasm
//
// Each process is an instance of the module, with its own memory, runtime and
// goroutines. A function that a process can begin in is defined when the
// program starts, by a variable of a package, so it is defined in all
// instances:
//
//	var square = lunatic.Define("square", func(order Order) {
//		order.To.Send(order.N * order.N)
//	})
//
//	type Order struct {
//		N  int
//		To lunatic.Process
//	}
//
//	func main() {
//		square.Spawn(Order{12, lunatic.Self()})
//		var answers lunatic.Mailbox[int]
//		n, err := answers.Receive(lunatic.Forever)
//		fmt.Println(n, err)
//	}
//
// Messages are Go values, written as MessagePack (package lunatic/pack), in the
// form that the libraries for C and Rust use.
//
// What waits stops one goroutine only: for messages and processes (Receive, Call,
// Sleep), for connections (Read, Write, Accept). So a server of net/http works on
// a Listener, its handlers call processes, and several goroutines may receive.
// Resolve parks the whole process with all its goroutines, as does in a component
// everything that waits; Dial for 20 ms at most. Where there is one goroutine
// alone, it waits in the host, and what time.AfterFunc has to do waits with it.
//
// Errors are those of the standard library where it has them: net.ErrClosed,
// os.ErrDeadlineExceeded (ErrTimeout is one, too), context.DeadlineExceeded,
// io.EOF. Otherwise they are ErrNotFound and its like, and the types EndError and
// SignalError for errors.As.
//
// # Components
//
// With -tags component the same program is one that becomes a component, whose
// processes are those of the package lunatic:process in place of the host
// functions of modules (docs/components.md says how it is built). What is not
// there: connections (Listen, Dial), environments and modules, SpawnExport,
// Process.UUID, and processes in what a timer sends. Process.ID is there instead.
// os.Exit with another status than 0 is seen as 1.
package lunatic
