// A supervisor of workers: three processes share the work, and one that fails is
// replaced.
package main

import (
	"fmt"
	"slices"

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
		must(err)
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
	job     int // 0: none
}

func hire(careful bool) worker {
	process, err := square.Spawn(careful)
	must(err)
	return worker{process: process, monitor: process.Monitor()}
}

func (w *worker) give(number int) {
	w.job = number
	must(w.process.Send(job{number, lunatic.Self()}))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var team []worker
	for range workers {
		team = append(team, hire(false))
	}
	var left []int
	for number := jobs; number > 0; number-- {
		left = append(left, number)
	}
	next := func(w *worker) {
		w.job = 0
		if last := len(left) - 1; last >= 0 {
			w.give(left[last])
			left = left[:last]
		}
	}
	for i := range team {
		next(&team[i])
	}
	sum := 0
	for done := 0; done < jobs; {
		mail, err := lunatic.Receive(lunatic.Forever)
		must(err)
		at := slices.IndexFunc(team, func(w worker) bool {
			if mail.Kind == lunatic.Ended {
				return w.monitor == mail.Tag
			}
			return int64(w.job) == mail.Tag
		})
		w := &team[at]
		if mail.Kind == lunatic.Ended {
			fmt.Printf("job %d has failed: %v\n", w.job, mail.End)
			left = append(left, w.job)
			*w = hire(true)
		} else {
			var square int
			must(mail.Decode(&square))
			sum += square
			done++
		}
		next(w)
	}
	fmt.Printf("the sum of %d squares is %d\n", jobs, sum)
}
