//go:build wasip1 && component

package lunatic

import "time"

// In a component what waits parks the process with all its goroutines, so that
// nothing in it can end the wait.

func await(timeout time.Duration, _ <-chan struct{}, tags []int64) (*Message,
	error) {
	return receiveParked(timeout, tags)
}

func ask(to Process, timeout time.Duration, _ <-chan struct{},
	write func(tag int64) (outgoing, error)) (*Message, error) {
	return askParked(to, timeout, write)
}

// Sleep parks the process, with all its goroutines.
func Sleep(duration time.Duration) {
	if duration > 0 {
		processSleep(uint64(
			(duration + time.Millisecond - 1) / time.Millisecond))
	}
}
