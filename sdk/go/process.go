//go:build wasip1

package lunatic

import (
	"errors"
	"os"
	"time"

	"lunatic/pack"
)

// Forever is a timeout that never comes.
const Forever time.Duration = -1

var (
	// ErrTimeout says that the time was over. It is an os.ErrDeadlineExceeded
	// for errors.Is, and a net.Error.
	ErrTimeout error = timeoutError{}
	// ErrStale says that another message has been received or sent since,
	// so that processes and streams can no longer be read from this one.
	ErrStale = errors.New("lunatic: another message has come since")
	// ErrNoMessage says that a process or a stream can be written to and
	// read from messages only.
	ErrNoMessage = errors.New("lunatic: handles are in messages only")
	// ErrNoHandle says that a message has no process where its value says so;
	// a module traps then.
	ErrNoHandle = errors.New("lunatic: the message has no such process")
	// ErrNotFound says that there is no such process.
	ErrNotFound = errors.New("lunatic: no such process is registered")
	// ErrVersion says that a text is no semantic version or requirement.
	ErrVersion = errors.New("lunatic: not a semantic version")
)

var errNone = errors.New("lunatic: the zero Process is no process")

// timeoutError is the type of ErrTimeout.
type timeoutError struct{}

func (timeoutError) Error() string        { return "lunatic: the time is over" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Temporary() bool      { return true }
func (timeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// milliseconds is a timeout as the host wants it, where 0 is forever.
func milliseconds(timeout time.Duration) uint32 {
	const most = time.Duration(^uint32(0)) * time.Millisecond
	switch {
	case timeout < 0:
		return 0
	case timeout <= time.Millisecond:
		return 1
	case timeout > most:
		return ^uint32(0)
	}
	return uint32((timeout + time.Millisecond - 1) / time.Millisecond)
}

// Process is a handle to a process; it is valid in this process, and as a part
// of a message. The zero Process is none. A process lives on when handles to it
// are dropped. Methods of none, and of a dropped handle, trap.
type Process struct {
	id uint64 // of the host, plus 1
}

// handle is the host's id of it.
func (p Process) handle() uint64 { return p.id - 1 }

var self Process

// Self is this process.
func Self() Process {
	if self.id == 0 {
		self.id = processThis() + 1
	}
	return self
}

// Is tells whether it is a handle, not the zero Process.
func (p Process) Is() bool { return p.id != 0 }

// Drop drops the handle. It does nothing to the handle of Self.
func (p Process) Drop() {
	if p.id != 0 && p != self {
		processDrop(p.handle())
	}
}

// PackTo writes a second handle to the process into a message.
func (p Process) PackTo(e *pack.Encoder) {
	if !writing {
		e.Fail(ErrNoMessage)
	} else if p.id == 0 {
		e.Fail(errNone)
	} else {
		e.Uint(messagePushProcess(processClone(p.handle())))
	}
}

// UnpackFrom takes a handle out of a message.
func (p *Process) UnpackFrom(d *pack.Decoder) {
	index, can := handleIndex(d)
	if can && !messageHasProcess(index) {
		d.Fail(ErrNoHandle)
	} else if can {
		p.id = messageTakeProcess(index) + 1
	}
}

// Link links this process with another one. If one fails (it traps, exits with
// a status other than 0, or is killed), the other one fails too, or, after
// CatchLinks, gets a message of the kind LinkDied with the tag that Link
// returns.
func (p Process) Link() (tag int64) {
	tag = NewTag()
	processLink(tag, p.handle())
	return tag
}

// Unlink removes a link. Its message may already be in the mailbox.
func (p Process) Unlink() { processUnlink(p.handle()) }

// Monitor asks for one message of the kind Ended, with the tag that it returns,
// when the process has ended in any way, or at once if it has already.
func (p Process) Monitor() (tag int64) { return processMonitor(p.handle()) }

// Demonitor ends a monitor: no message with its tag is in the mailbox
// afterwards, and none will come.
func Demonitor(tag int64) { processDemonitor(tag) }

// Kill ends a process, which cannot prevent it.
func (p Process) Kill() { processKill(p.handle()) }

// CatchLinks chooses what the failure of a linked process does: a message if
// true; if false, as at the start, this process fails too.
func CatchLinks(catch bool) {
	dies := uint32(1)
	if catch {
		dies = 0
	}
	processDieWhenLinkDies(dies)
}

// SetLabel gives this process a label, which reports and `lunatic ps` show; what
// is longer than 63 bytes is cut. Defined functions have their names.
func SetLabel(label string) {
	if len(label) > 63 {
		at := 63
		for at > 0 && label[at]&0xc0 == 0x80 {
			at--
		}
		label = label[:at]
	}
	processSetLabel(address(label), uint32(len(label)))
}

var nextTag int64

// NewTag returns a tag that this process has not used before, far from those of
// other processes. It is positive; negative tags down to -1,000,000 are free
// for the program.
func NewTag() int64 {
	if nextTag == 0 {
		nextTag = int64(firstTag() | 1<<32)
	}
	nextTag++
	return nextTag
}
