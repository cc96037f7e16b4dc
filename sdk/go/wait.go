//go:build wasip1 && !component

package lunatic

import (
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"
)

// A goroutine that waits for a message tries to take one, and waits for news
// when there is none. News is what a descriptor of the mailbox tells, by which
// Go's runtime waits for messages, connections and times together. One goroutine
// reads it, while others wait, and tells them all; each then tries again.
//
// A goroutine that is alone waits in the host, which is sooner.

// news tells who waits that something has come.
var news newsroom

type newsroom struct {
	sync.Mutex
	mailbox *os.File      // nil: not begun
	came    chan struct{} // closed when something has come
	waiting int           // goroutines
	begins  sync.Cond     // somebody waits
}

// join has the goroutine told until leave. False: the process may have no
// descriptor more.
func (n *newsroom) join() (came <-chan struct{}, can bool) {
	n.Lock()
	defer n.Unlock()
	if n.mailbox == nil {
		fd := messageMailboxFile()
		if fd < 0 {
			return nil, false
		}
		n.mailbox = os.NewFile(uintptr(fd), "mailbox")
		n.came = make(chan struct{})
		n.begins.L = n
		go n.read()
	}
	n.waiting++
	n.begins.Signal()
	return n.came, true
}

func (n *newsroom) leave() {
	n.Lock()
	n.waiting--
	n.Unlock()
}

// next is what is closed when something more has come.
func (n *newsroom) next() <-chan struct{} {
	n.Lock()
	defer n.Unlock()
	return n.came
}

func (n *newsroom) read() {
	var one [1]byte
	for {
		n.Lock()
		for n.waiting == 0 {
			n.begins.Wait()
		}
		n.Unlock()
		if _, err := n.mailbox.Read(one[:]); err != nil {
			panic("lunatic: the descriptor of the mailbox: " + err.Error())
		}
		n.Lock()
		close(n.came)
		n.came = make(chan struct{})
		n.Unlock()
	}
}

// alone tells whether there is no other goroutine, apart from that which reads.
func alone() bool {
	others := 1
	if news.mailbox != nil {
		others++
	}
	return runtime.NumGoroutine() <= others
}

// tryReceive takes a message that is there; nil: there is none.
func tryReceive(tags []int64) *Message {
	scratch.Lock()
	defer scratch.Unlock()
	kind := messageTryReceive(unsafe.Pointer(unsafe.SliceData(tags)),
		uint32(len(tags)))
	if kind == timedOut {
		return nil
	}
	return load(Kind(kind))
}

// await waits for a message, until the time is over or `done` is closed.
func await(timeout time.Duration, done <-chan struct{}, tags []int64) (*Message,
	error) {
	if timeout != 0 && done == nil && alone() {
		return receiveParked(timeout, tags)
	}
	if mail := tryReceive(tags); mail != nil {
		return mail, nil
	}
	if timeout == 0 {
		return nil, ErrTimeout
	}
	came, can := news.join()
	if !can {
		return receiveParked(timeout, tags)
	}
	defer news.leave()
	var over <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		over = timer.C
	}
	for {
		// What came before it joined is there.
		if mail := tryReceive(tags); mail != nil {
			return mail, nil
		}
		select {
		case <-came:
			came = news.next()
		case <-over:
			return nil, ErrTimeout
		case <-done:
			return nil, errDone
		}
	}
}

// ask sends a request that `write` makes under a tag, and waits for the answer.
func ask(to Process, timeout time.Duration, done <-chan struct{},
	write func(tag int64) (outgoing, error)) (*Message, error) {
	if done == nil && alone() {
		return askParked(to, timeout, write)
	}
	// The mailbox takes what has the tag of a monitor until that is over.
	tag := processMonitor(to.handle())
	defer processDemonitor(tag)
	out, err := write(tag)
	if err == nil {
		err = out.send(to)
	}
	if err != nil {
		return nil, err
	}
	if timeout == 0 {
		timeout = time.Millisecond
	}
	return await(timeout, done, []int64{tag})
}

// Sleep waits, while other goroutines go on.
func Sleep(duration time.Duration) {
	if duration > 0 && alone() {
		processSleep(uint64(
			(duration + time.Millisecond - 1) / time.Millisecond))
	} else {
		time.Sleep(duration)
	}
}
