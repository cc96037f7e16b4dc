//go:build wasip1

package lunatic

import (
	"context"
	"errors"
	"time"
)

// Contexts end waits with their error: by their deadline, or when another
// goroutine cancels them. In a component, where all goroutines stand still while
// one waits, only the deadline can.

// errDone says that a context ended the wait.
var errDone = errors.New("lunatic: the context is done")

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

// contextError is the error of a context that has ended a wait.
func contextError(ctx context.Context, err error) error {
	if err == errDone {
		return ctx.Err()
	}
	if !errors.Is(err, ErrTimeout) {
		return err
	}
	if _, is := ctx.Deadline(); is {
		return context.DeadlineExceeded
	}
	return err
}

// ReceiveContext is Receive until a context is done.
func ReceiveContext(ctx context.Context, tags ...int64) (*Message, error) {
	timeout, err := contextTimeout(ctx)
	if err != nil {
		return nil, err
	}
	mail, err := await(timeout, ctx.Done(), tags)
	return mail, contextError(ctx, err)
}

// ReceiveContext is Receive until a context is done.
func (m Mailbox[T]) ReceiveContext(ctx context.Context, tags ...int64) (v T,
	err error) {
	mail, err := ReceiveContext(ctx, tags...)
	if err == nil {
		err = mail.Decode(&v)
	}
	return v, err
}

// CallContext is Call until a context is done.
func CallContext[Reply any](ctx context.Context, to Process, request any) (
	reply Reply, err error) {
	timeout, err := contextTimeout(ctx)
	if err != nil {
		return reply, err
	}
	err = call(to, request, &reply, timeout, ctx.Done())
	return reply, contextError(ctx, err)
}
