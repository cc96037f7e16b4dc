//go:build wasip1

package lunatic

import (
	"context"
	"errors"
	"time"
)

// Contexts: what waits for messages parks the process with all its goroutines,
// so nothing in it can cancel a context meanwhile. A context that is done when
// the wait begins, and its deadline, end it with the error of the context.

// contextTimeout is the time until the deadline of a context.
func contextTimeout(ctx context.Context) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	deadline, is := ctx.Deadline()
	if !is {
		return Forever, nil
	}
	left := time.Until(deadline)
	if left <= 0 {
		return 0, context.DeadlineExceeded
	}
	return left, nil
}

// contextError is the error of a context whose deadline is over.
func contextError(ctx context.Context, err error) error {
	if !errors.Is(err, ErrTimeout) {
		return err
	}
	if _, is := ctx.Deadline(); is {
		return context.DeadlineExceeded
	}
	return err
}

// ReceiveContext is Receive with the deadline of a context.
func ReceiveContext(ctx context.Context, tags ...int64) (*Message, error) {
	timeout, err := contextTimeout(ctx)
	if err != nil {
		return nil, err
	}
	mail, err := Receive(timeout, tags...)
	return mail, contextError(ctx, err)
}

// ReceiveContext is Receive with the deadline of a context.
func (m Mailbox[T]) ReceiveContext(ctx context.Context, tags ...int64) (v T,
	err error) {
	mail, err := ReceiveContext(ctx, tags...)
	if err == nil {
		err = mail.Decode(&v)
	}
	return v, err
}

// CallContext is Call with the deadline of a context.
func CallContext[Reply any](ctx context.Context, to Process, request any) (
	reply Reply, err error) {
	timeout, err := contextTimeout(ctx)
	if err != nil {
		return reply, err
	}
	reply, err = Call[Reply](to, request, timeout)
	return reply, contextError(ctx, err)
}
