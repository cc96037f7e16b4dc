// A chat: a room that is found by its name, and three users, each a process. The
// room closes a while after the last line.
package main

import (
	"fmt"
	"slices"
	"time"

	"lunatic"
)

// Tags of messages to the room, and of those to users.
const (
	join = iota + 1
	say
	closing
	begin
	line
	end
	heard
)

var users = []string{"ann", "bob", "cid"}

var room = lunatic.Define("room", func(lunatic.None) {
	var members []lunatic.Process
	all := func(tag int64, v any) {
		for _, member := range members {
			member.SendTagged(tag, v)
		}
	}
	must(lunatic.Register("room", "1.0.0", lunatic.Self()))
	for lines := 0; ; {
		mail := next()
		if mail.Tag == closing {
			break
		}
		switch mail.Tag {
		case join:
			members = append(members, read[lunatic.Process](mail))
			if len(members) == len(users) {
				all(begin, nil)
			}
		case say:
			all(line, read[string](mail))
			lines++
			if lines == 2*len(users) {
				lunatic.Self().SendAfter(10*time.Millisecond,
					closing, nil)
			}
		}
	}
	all(end, lunatic.Self())
	var texts []string
	for range members {
		text, err := lunatic.Mailbox[string]{}.Receive(lunatic.Forever,
			heard)
		must(err)
		texts = append(texts, text)
	}
	slices.Sort(texts)
	for _, text := range texts {
		fmt.Println(text)
	}
})

var user = lunatic.Define("user", func(name string) {
	room := find("room")
	room.SendTagged(join, lunatic.Self())
	for lines := 0; ; {
		mail := next()
		switch mail.Tag {
		case begin:
			room.SendTagged(say, "hello from "+name)
			room.SendTagged(say, "and bye")
		case line:
			lines++
		case end:
			read[lunatic.Process](mail).SendTagged(heard,
				fmt.Sprintf("%s heard %d lines", name, lines))
			return
		}
	}
})

func find(name string) lunatic.Process {
	for {
		process, err := lunatic.Lookup(name, "^1")
		if err == nil {
			return process
		}
		lunatic.Sleep(time.Millisecond)
	}
}

func next() *lunatic.Message {
	mail, err := lunatic.Receive(lunatic.Forever)
	must(err)
	return mail
}

func read[T any](mail *lunatic.Message) (v T) {
	must(mail.Decode(&v))
	return v
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	process, err := room.Spawn(lunatic.None{})
	must(err)
	process.Monitor()
	for _, name := range users {
		_, err := user.Spawn(name)
		must(err)
	}
	fmt.Println("the room is closed:", next().End)
}
