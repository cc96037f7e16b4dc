// A supervisor of workers: three processes share the work, and one that fails is
// replaced.
package main

import (
	"fmt"

	"lunatic"
)

const (
	workers = 3
	jobs    = 10
	bad     = 7 // the first worker that gets this job fails
)

type job struct {
	Number int
	From   lunatic.Process
}

// What a worker process does: it squares numbers until its supervisor ends.
var square = lunatic.Define("square", func(careful bool) {
	var todo lunatic.Mailbox[job]
	for {
		job, err := todo.Receive(lunatic.Forever)
		if err != nil {
			return
		}
		if job.Number == bad && !careful {
			panic(fmt.Sprint(job.Number, " is too much"))
		}
		job.From.SendTagged(int64(job.Number), job.Number*job.Number)
		job.From.Drop()
	}
})

type worker struct {
	process lunatic.Process
	monitor int64
	job     int
}

func hire(careful bool) *worker {
	process, err := square.Spawn(careful)
	if err != nil {
		panic(err)
	}
	return &worker{process: process, monitor: process.Monitor()}
}

func (w *worker) give(number int) {
	w.job = number
	w.process.Send(job{number, lunatic.Self()})
}

func main() {
	byJob := map[int64]*worker{}
	byMonitor := map[int64]*worker{}
	var left []int
	for number := jobs; number > 0; number-- {
		left = append(left, number)
	}
	give := func(w *worker) {
		if len(left) == 0 {
			return
		}
		number := left[len(left)-1]
		left = left[:len(left)-1]
		byJob[int64(number)] = w
		w.give(number)
	}
	hireOne := func(careful bool) {
		w := hire(careful)
		byMonitor[w.monitor] = w
		give(w)
	}
	for range workers {
		hireOne(false)
	}
	sum := 0
	for done := 0; done < jobs; {
		mail, err := lunatic.Receive(lunatic.Forever)
		if err != nil {
			panic(err)
		}
		if mail.Kind == lunatic.Ended {
			w := byMonitor[mail.Tag]
			fmt.Printf("job %d has failed: %v\n", w.job, mail.End)
			left = append(left, w.job)
			hireOne(true)
			continue
		}
		var n int
		if err := mail.Decode(&n); err != nil {
			panic(err)
		}
		sum += n
		done++
		give(byJob[mail.Tag])
	}
	fmt.Printf("the sum of %d squares is %d\n", jobs, sum)
}
