//go:build wasip1

package lunatic

import (
	"time"

	"lunatic/pack"
)

// Requests have the form that the libraries for C and Rust use: a tagged
// message of the array [value, tag, sender], answered with a value under that
// tag.

// EndError says that a process has ended without an answer.
type EndError struct {
	End End
}

func (e *EndError) Error() string {
	return "lunatic: the process has ended: " + e.End.String()
}

// Call sends a request, waits for the answer and reads it; other messages stay
// in the mailbox meanwhile. The error may be ErrTimeout, or an *EndError as soon
// as the process has ended. A late answer is dropped.
func Call[Reply any](to Process, request any, timeout time.Duration) (reply Reply,
	err error) {
	err = call(to, request, &reply, timeout, nil)
	return reply, err
}

func call(to Process, request, reply any, timeout time.Duration,
	done <-chan struct{}) error {
	mail, err := ask(to, timeout, done, func(tag int64) (outgoing, error) {
		return encode(tag, func(e *pack.Encoder) {
			e.Array(3)
			e.Value(request)
			e.Int(tag)
			e.Value(Self())
		})
	})
	switch {
	case err != nil:
		return err
	case mail.Kind == Ended:
		return &EndError{mail.End}
	}
	return mail.Decode(reply)
}

// askParked sends a request and waits for the answer in the host.
func askParked(to Process, timeout time.Duration,
	write func(tag int64) (outgoing, error)) (mail *Message, err error) {
	out, err := write(messageNewTag())
	if err != nil {
		return nil, err
	}
	err = out.use(func() {
		kind := messageRequest(to.handle(), milliseconds(timeout))
		if kind != timedOut {
			mail = load(Kind(kind))
		}
	})
	if err == nil && mail == nil {
		err = ErrTimeout
	}
	return mail, err
}

// A Sender waits for an answer.
type Sender struct {
	process Process
	tag     int64
}

// IsRequest tells whether the message is a request.
func (m *Message) IsRequest() bool {
	if m.Kind != Data || m.Tag == 0 {
		return false
	}
	d := pack.NewDecoder(m.data)
	if d.Peek() != pack.KindArray {
		return false
	}
	d.Tuple(3)
	d.Skip()
	return d.Int() == m.Tag && d.Err() == nil
}

// Request reads the value of a request into what v points to, and returns who
// waits for the answer.
func (m *Message) Request(v any) (sender Sender, err error) {
	err = m.decode(func(d *pack.Decoder) {
		d.Tuple(3)
		d.Value(v)
		sender.tag = d.Int()
		d.Value(&sender.process)
	})
	return sender, err
}

// Process is who waits for the answer.
func (s Sender) Process() Process { return s.process }

// Reply answers, once, at any time after the request was read.
func (s Sender) Reply(v any) error {
	err := s.process.SendTagged(s.tag, v)
	s.process.Drop()
	return err
}

// A Timer sends messages.
type Timer struct {
	id uint64
}

// SendAfter sends a value to a process when the time has passed, unless this
// process has ended.
func (p Process) SendAfter(after time.Duration, tag int64, v any) (timer Timer,
	err error) {
	out, err := encodeNew(tag, v)
	if err == nil {
		err = messageCanWait()
	}
	if err == nil {
		err = out.use(func() {
			timer.id = messageSendAfter(p.handle(),
				uint64(max(after, 0)/time.Millisecond))
		})
	}
	return timer, err
}

// SendEvery sends a value to a process each time that the time has passed, of a
// millisecond at least, until the timer is stopped or one of both has ended.
func (p Process) SendEvery(every time.Duration, tag int64, v any) (timer Timer,
	err error) {
	out, err := encodeNew(tag, v)
	if err == nil {
		err = messageCanWait()
	}
	if err == nil {
		err = out.use(func() {
			timer.id = messageSendEvery(p.handle(),
				uint64(max(every/time.Millisecond, 1)))
		})
	}
	return timer, err
}

// Stop ends the timer. It returns false if it has sent already, or was stopped.
func (t Timer) Stop() bool { return messageCancelTimer(t.id) >= 0 }
