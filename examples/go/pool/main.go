// A pool of workers below a supervisor. The workers ask the pool for jobs, so
// the fast ones do more. A job that crashes its worker is given to another one,
// up to three times, while the supervisor starts the worker anew.
//
// Build: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o pool.wasm ./pool
// Run:   lunatic pool.wasm
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"lunatic"
)

const (
	workers  = 3
	jobs     = 12
	attempts = 3
)

// A Job is to be squared.
type Job struct {
	Number  int
	Attempt int
}

// Work is what a worker says: who it is, and what it has done.
type Work struct {
	Worker lunatic.Process
	Done   *Job // nil: nothing yet
	Square int
}

// pool is the first process, where all others find it.
func pool() lunatic.Process {
	found, err := lunatic.Lookup("pool", "^1")
	if err != nil {
		panic(err)
	}
	return found
}

func square(job Job) int {
	switch {
	case job.Number == 5 && job.Attempt == 1:
		panic("job 5 crashes its first worker")
	case job.Number == 9:
		panic("job 9 crashes all workers")
	}
	return job.Number * job.Number
}

var worker = lunatic.Define("worker", func(lunatic.None) {
	pool := pool()
	work := Work{Worker: lunatic.Self()}
	for {
		job, err := lunatic.Call[Job](pool, work, lunatic.Forever)
		if err != nil {
			panic(err)
		}
		work.Done = &job
		work.Square = square(job)
	}
})

var supervisor = lunatic.Define("supervisor", func(lunatic.None) {
	top := lunatic.Supervisor{Name: "workers", Restarts: 10,
		Within: 10 * time.Second}
	for i := range workers {
		name := fmt.Sprint("worker ", i+1)
		top.Children = append(top.Children,
			worker.Child(name, lunatic.None{}))
	}
	if err := top.Run(); err != nil {
		panic(err)
	}
})

// A dispatcher gives out jobs and collects what comes of them.
type dispatcher struct {
	waiting []Job
	busy    map[int64]Job // by the tags of the monitors of workers
	tags    map[[16]byte]int64
	squares [jobs + 1]int
	failed  []int
	left    int
}

// give answers a worker with the next job, and watches it meanwhile.
func (d *dispatcher) give(to lunatic.Sender, worker lunatic.Process) {
	job := d.waiting[0]
	d.waiting = d.waiting[1:]
	job.Attempt++
	tag := worker.Monitor()
	d.busy[tag] = job
	d.tags[worker.UUID()] = tag
	to.Reply(job)
}

// take notes what a worker has done.
func (d *dispatcher) take(work Work) {
	uuid := work.Worker.UUID()
	tag := d.tags[uuid]
	delete(d.tags, uuid)
	delete(d.busy, tag)
	lunatic.Demonitor(tag)
	d.squares[work.Done.Number] = work.Square
	d.left--
}

// lost deals with the end of a worker.
func (d *dispatcher) lost(tag int64) {
	job, is := d.busy[tag]
	if !is {
		return
	}
	delete(d.busy, tag)
	if job.Attempt < attempts {
		d.waiting = append(d.waiting, job)
		return
	}
	d.failed = append(d.failed, job.Number)
	d.left--
}

func (d *dispatcher) run() error {
	type idle struct {
		sender lunatic.Sender
		worker lunatic.Process
	}
	var idlers []idle
	for d.left > 0 {
		mail, err := lunatic.Receive(time.Minute)
		if err != nil {
			return err
		}
		switch {
		case mail.Kind == lunatic.Ended:
			d.lost(mail.Tag)
		case mail.Kind == lunatic.LinkDied:
			return errors.New("the supervisor has given up")
		case mail.IsRequest():
			var work Work
			sender, err := mail.Request(&work)
			if err != nil {
				return err
			}
			if work.Done != nil {
				d.take(work)
			}
			idlers = append(idlers, idle{sender, work.Worker})
		}
		for len(idlers) > 0 && len(d.waiting) > 0 {
			d.give(idlers[0].sender, idlers[0].worker)
			idlers = idlers[1:]
		}
	}
	return nil
}

func main() {
	d := dispatcher{left: jobs, busy: map[int64]Job{},
		tags: map[[16]byte]int64{}}
	for i := range jobs {
		d.waiting = append(d.waiting, Job{Number: i + 1})
	}
	lunatic.CatchLinks(true)
	lunatic.Register("pool", "1.0.0", lunatic.Self())
	top, _, err := supervisor.SpawnLink(lunatic.None{})
	if err == nil {
		err = d.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	done := top.Monitor()
	top.Stop()
	lunatic.Receive(lunatic.Forever, done)
	for number, square := range d.squares {
		if square > 0 {
			fmt.Println(number, "squared is", square)
		}
	}
	fmt.Println("failed:", d.failed)
}
