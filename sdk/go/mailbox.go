//go:build wasip1

package lunatic

import (
	"fmt"
	"sync"
	"time"
	"unsafe"

	"lunatic/pack"
)

// What the host returns for a timeout.
const timedOut = 9027

// tagStop is the order to stop, as in the library for C.
const tagStop = -1000001

// The host has one message at a time, which is being written or was received
// last. Its number is different for each.
var (
	scratch  sync.Mutex
	number   uint64
	writing  bool     // it is being encoded
	decoding *Message // it is being decoded
)

// handleIndex reads the number of a handle in the message that is decoded.
func handleIndex(d *pack.Decoder) (uint64, bool) {
	index := d.Uint()
	switch {
	case d.Err() != nil:
	case decoding == nil:
		d.Fail(ErrNoMessage)
	case decoding.number != number:
		d.Fail(ErrStale)
	}
	return index, d.Err() == nil
}

// outgoing is a message that is encoded, and not sent yet.
type outgoing struct {
	number uint64
}

// encodeNew makes a message of a value.
func encodeNew(tag int64, v any) (outgoing, error) {
	return encode(tag, func(e *pack.Encoder) { e.Value(v) })
}

func encode(tag int64, write func(*pack.Encoder)) (outgoing, error) {
	scratch.Lock()
	defer scratch.Unlock()
	number++
	messageCreate(tag, 0)
	var e pack.Encoder
	writing = true
	defer func() { writing = false }()
	write(&e)
	data, err := e.Data()
	if err != nil {
		return outgoing{}, err
	}
	messageWrite(unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data)))
	return outgoing{number}, nil
}

// use runs what takes the message away from the host.
func (o outgoing) use(take func()) error {
	scratch.Lock()
	defer scratch.Unlock()
	if o.number != number {
		return ErrStale
	}
	number++
	take()
	return nil
}

func (o outgoing) send(to Process) error {
	return o.use(func() { messageSend(to.handle()) })
}

// Send sends a value, without a tag. The sender does not learn whether it
// arrives: a message to a process that has ended, or whose mailbox is full, is
// dropped. The error is that of a value that cannot be written.
func (p Process) Send(v any) error { return p.SendTagged(0, v) }

// SendTagged sends a value with a tag; 0 is none.
func (p Process) SendTagged(tag int64, v any) error {
	mail, err := encodeNew(tag, v)
	if err != nil {
		return err
	}
	return mail.send(p)
}

// SendBytes sends bytes as they are, and second handles of processes: to guests
// that do not read MessagePack, such as components in other languages. They are
// read by Message.Bytes and Message.Process.
func (p Process) SendBytes(tag int64, data []byte, processes ...Process) error {
	for _, one := range processes {
		if !one.Is() {
			return errNone
		}
	}
	scratch.Lock()
	defer scratch.Unlock()
	number++
	messageCreate(tag, uint64(len(data)))
	for _, one := range processes {
		messagePushProcess(processClone(one.handle()))
	}
	messageWrite(unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data)))
	messageSend(p.handle())
	return nil
}

// Stop asks a supervisor, or a server of the library for C, to stop.
func (p Process) Stop() { p.SendTagged(tagStop, nil) }

// Kind is what a message is.
type Kind int

const (
	Data     Kind = 0 // a value
	LinkDied Kind = 1 // a linked process has failed
	Ended    Kind = 2 // a monitored process has ended
)

// Reason is why a process is gone.
type Reason uint32

const (
	Returned  Reason = iota // or it exited with 0
	Exited                  // with another status
	Trapped                 // a report was printed
	Killed                  // by a process, or by the failure of a link
	NoProcess               // it had ended before; how is unknown
	NodeLost                // its node is lost; it may live on there
)

// End is how a process ended.
type End struct {
	Reason Reason
	Status uint32 // that it exited with; otherwise 0
}

// String describes it in a few words.
func (e End) String() string {
	switch e.Reason {
	case Returned:
		return "it has returned"
	case Exited:
		return fmt.Sprintf("it has exited with %d", e.Status)
	case Trapped:
		return "it has trapped"
	case Killed:
		return "it was killed"
	case NoProcess:
		return "there is no such process"
	case NodeLost:
		return "its node is lost"
	}
	return "for an unknown reason"
}

// Message is what came.
type Message struct {
	Kind Kind
	Tag  int64 // 0: none
	End  End   // of a message of the kind Ended

	data   []byte
	number uint64
}

// Receive takes the oldest message, or the oldest that has one of the tags, and
// waits while there is none. Other goroutines go on meanwhile, and may receive,
// too; in a component they stand still. The error is ErrTimeout, which a timeout
// of 0 gives at once.
func Receive(timeout time.Duration, tags ...int64) (*Message, error) {
	return await(timeout, nil, tags)
}

// receiveParked waits in the host.
func receiveParked(timeout time.Duration, tags []int64) (*Message, error) {
	scratch.Lock()
	defer scratch.Unlock()
	kind := messageReceive(unsafe.Pointer(unsafe.SliceData(tags)),
		uint32(len(tags)), milliseconds(timeout))
	if kind == timedOut {
		return nil, ErrTimeout
	}
	return load(Kind(kind)), nil
}

// load reads the message that the host has received.
func load(kind Kind) *Message {
	number++
	m := &Message{Kind: kind, Tag: messageTag(), number: number}
	if kind == LinkDied {
		return m
	}
	m.data = messageData()
	if kind == Ended {
		m.End = endOf(m.data)
		m.data = nil
	}
	return m
}

func endOf(data []byte) (end End) {
	if len(data) >= 8 {
		halves := *(*[2]uint32)(unsafe.Pointer(&data[0]))
		end = End{Reason(halves[0]), halves[1]}
	}
	return end
}

// decode reads the message with the function, to its end.
func (m *Message) decode(read func(*pack.Decoder)) error {
	if m.Kind != Data {
		return &SignalError{m}
	}
	scratch.Lock()
	defer scratch.Unlock()
	decoding = m
	defer func() { decoding = nil }()
	d := pack.NewDecoder(m.data)
	read(d)
	return d.End()
}

// Decode reads the value of a message into what v points to. Processes and
// streams can be read once, and until another message is received or sent.
func (m *Message) Decode(v any) error {
	return m.decode(func(d *pack.Decoder) { d.Value(v) })
}

// Bytes is what a message of the kind Data holds, as it came.
func (m *Message) Bytes() []byte { return m.data }

// Process takes the process at a position, from 0 on, out of a message, once, and
// until another message is received or sent.
func (m *Message) Process(index int) (Process, error) {
	scratch.Lock()
	defer scratch.Unlock()
	switch {
	case m.Kind != Data:
		return Process{}, &SignalError{m}
	case m.number != number:
		return Process{}, ErrStale
	case !messageHasProcess(uint64(index)):
		return Process{}, ErrNoHandle
	}
	return Process{messageTakeProcess(uint64(index)) + 1}, nil
}

// IsStop tells whether it is the order of a supervisor to stop, after which a
// child should return.
func (m *Message) IsStop() bool { return m.Kind == Data && m.Tag == tagStop }

// SignalError is a message that came in the place of a value: the failure of a
// link, or the end of a monitored process.
type SignalError struct {
	Message *Message
}

func (e *SignalError) Error() string {
	if e.Message.Kind == Ended {
		return "lunatic: a process has ended: " + e.Message.End.String()
	}
	return "lunatic: a linked process has failed"
}

// A Mailbox receives values of one type.
type Mailbox[T any] struct{}

// Receive is the function Receive, and reads the value. The error may be
// ErrTimeout, a *SignalError, or that of a value of another type.
func (Mailbox[T]) Receive(timeout time.Duration, tags ...int64) (v T, err error) {
	mail, err := Receive(timeout, tags...)
	if err == nil {
		err = mail.Decode(&v)
	}
	return v, err
}
