package main

import (
	"testing"

	"lunatic"
)

func TestGreeting(t *testing.T) {
	if text := greeting("moon"); text != "hello, moon" {
		t.Errorf("it says %q", text)
	}
}

func TestRestart(t *testing.T) {
	top, err := supervisor.Spawn(lunatic.None{})
	if err != nil {
		t.Fatal(err)
	}
	defer top.Kill()
	if text, err := greet("moon"); err != nil || text != "hello, moon" {
		t.Errorf("it says %q, %v", text, err)
	}
	if text, err := greet("nobody"); err == nil {
		t.Errorf("it says %q to nobody", text)
	}
	if text, err := greet("stars"); err != nil || text != "hello, stars" {
		t.Errorf("after a failure it says %q, %v", text, err)
	}
}
