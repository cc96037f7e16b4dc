//go:build wasip1

package lunatic

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Strategy is what a supervisor restarts when a child fails.
type Strategy int

const (
	OneForOne  Strategy = iota // only that child
	OneForAll                  // all children
	RestForOne                 // it and those after it
)

// Restart is when a child is restarted.
type Restart int

const (
	Permanent Restart = iota // however it ended
	Transient                // after a failure
	Temporary                // never
)

// Child is a process that a supervisor starts: Entry.Child makes one.
type Child struct {
	Name     string
	Start    func(how How) (Process, error)
	Restart  Restart
	Shutdown time.Duration // how long it may take to return when it has the
	// order to stop (Message.IsStop); 0: it is killed at once

	process Process
	monitor int64 // 0: it does not run
}

// A Supervisor starts children and restarts them when they end. It fails when
// children had to be restarted more than Restarts times Within that time. If
// Within is 0, both have the defaults of Erlang: one restart in 5 seconds.
type Supervisor struct {
	Name     string // for the lines that it writes to standard error
	Strategy Strategy
	Children []Child
	Restarts int
	Within   time.Duration

	times []time.Time // of the last restarts
	link  int64       // the tag of the links with all children
}

// ErrRestarts is that children had to be restarted too often.
var ErrRestarts = errors.New("lunatic: too many restarts")

// Run makes this process a supervisor, which takes all of its messages. It
// starts the children in their order, and returns nil when it was stopped
// (Process.Stop), which stops them in the opposite order; or the error that it
// fails with, when they were stopped too. Let the process fail then, so that
// the supervisor above it deals with that:
//
//	if err := supervisor.Run(); err != nil {
//		panic(err)
//	}
func (s *Supervisor) Run() error {
	CatchLinks(true)
	if s.Within == 0 {
		s.Restarts, s.Within = 1, 5*time.Second
	}
	if s.Name != "" {
		SetLabel(s.Name)
	}
	s.link = NewTag()
	err := s.startFrom(0)
	for err == nil {
		var mail *Message
		mail, err = Receive(Forever)
		switch {
		case err != nil:
		case mail.IsStop():
			s.stopFrom(0)
			return nil
		case mail.Kind == Ended:
			err = s.ended(mail)
		case mail.Kind == LinkDied && mail.Tag != s.link:
			// The supervisor above it has failed.
			err = &SignalError{mail}
		}
	}
	s.say("gives up: %v", err)
	s.stopFrom(0)
	return err
}

func (s *Supervisor) say(format string, values ...any) {
	name := s.Name
	if name == "" {
		name = "supervisor"
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", name, fmt.Sprintf(format, values...))
}

// startFrom starts the children from that one on which do not run.
func (s *Supervisor) startFrom(first int) error {
	for i := first; i < len(s.Children); i++ {
		child := &s.Children[i]
		if child.monitor != 0 {
			continue
		}
		var monitor int64
		process, err := child.Start(How{
			Link: s.link, monitor: &monitor})
		if err != nil {
			return fmt.Errorf("%s cannot be started: %w",
				child.Name, err)
		}
		if monitor == 0 {
			monitor = process.Monitor()
		}
		child.process, child.monitor = process, monitor
	}
	return nil
}

// stopFrom stops the children from that one on, the last one first.
func (s *Supervisor) stopFrom(first int) {
	for i := len(s.Children) - 1; i >= first; i-- {
		child := &s.Children[i]
		if child.monitor == 0 {
			continue
		}
		child.process.Unlink()
		if child.Shutdown > 0 {
			child.process.Stop()
			_, err := Receive(child.Shutdown, child.monitor)
			if err == nil {
				s.forget(child)
				continue
			}
		}
		child.process.Kill()
		Receive(Forever, child.monitor)
		s.forget(child)
	}
}

func (s *Supervisor) forget(child *Child) {
	child.process.Drop()
	child.process, child.monitor = Process{}, 0
}

// ended deals with the end of a child.
func (s *Supervisor) ended(mail *Message) error {
	for i := range s.Children {
		child := &s.Children[i]
		if child.monitor != mail.Tag {
			continue
		}
		s.forget(child)
		failed := mail.End.Reason != Returned
		if child.Restart == Temporary ||
			child.Restart == Transient && !failed {
			return nil
		}
		return s.restart(i, mail.End)
	}
	return nil
}

// restart starts the child anew, and others as the strategy says.
func (s *Supervisor) restart(which int, end End) error {
	now := time.Now()
	recent := s.times[:0]
	for _, at := range s.times {
		if now.Sub(at) <= s.Within {
			recent = append(recent, at)
		}
	}
	s.times = append(recent, now)
	if len(s.times) > s.Restarts {
		return ErrRestarts
	}
	s.say("restarts %s: %v", s.Children[which].Name, end)
	first := which
	switch s.Strategy {
	case OneForAll:
		first = 0
		s.stopFrom(0)
	case RestForOne:
		s.stopFrom(which)
	}
	return s.startFrom(first)
}
