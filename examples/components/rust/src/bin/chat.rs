// A chat: a room that is found by its name, and three users, each a process. The
// room closes a while after the last line.
wit_bindgen::generate!({ world: "library", path: "../../../sdk/wit" });

use exports::lunatic::process::worker;
use lunatic::process::mailbox::{receive, receive_tagged, send, send_with, Mail, Message};
use lunatic::process::monitors::monitor;
use lunatic::process::processes::{self, Process};
use lunatic::process::{registry, timers};

// Tags of messages to the room, and of those to users.
const JOIN: u64 = 1;
const SAY: u64 = 2;
const CLOSE: u64 = 3;
const START: u64 = 4;
const LINE: u64 = 5;
const END: u64 = 6;
const HEARD: u64 = 7;

const USERS: [&str; 3] = ["ann", "bob", "cid"];

struct App;
export!(App);

impl worker::Guest for App {
    fn start() {
        let startup = processes::take_startup().unwrap();
        match startup.function.as_str() {
            "room" => room(),
            "user" => user(startup.argument),
            other => panic!("no function {other}"),
        }
    }
}

fn next() -> Message {
    match receive(None) {
        Some(Mail::Message(message)) => message,
        _ => panic!("another message"),
    }
}

fn room() {
    let me = processes::current();
    let mut members: Vec<Process> = Vec::new();
    let mut lines = 0;
    registry::register("room", "1.0.0", &me).unwrap();
    loop {
        let mut message = next();
        match message.tag {
            JOIN => {
                members.push(message.processes.remove(0));
                if members.len() == USERS.len() {
                    members.iter().for_each(|m| send(m, START, &[]));
                }
            }
            SAY => {
                members.iter().for_each(|m| send(m, LINE, &message.data));
                lines += 1;
                if lines == 2 * USERS.len() {
                    timers::send_after(&me, 10, CLOSE, &[]);
                }
            }
            _ => break,
        }
    }
    members.iter().for_each(|m| send_with(m, END, &[], &[&me]));
    let mut heard: Vec<String> = members
        .iter()
        .map(|_| match receive_tagged(&[HEARD], None) {
            Some(Mail::Message(m)) => String::from_utf8(m.data).unwrap(),
            _ => panic!("another message"),
        })
        .collect();
    heard.sort();
    heard.iter().for_each(|text| println!("{text}"));
}

fn find(name: &str) -> Process {
    loop {
        if let Some(process) = registry::lookup(name, "^1").unwrap() {
            return process;
        }
        processes::sleep(1);
    }
}

fn user(name: Vec<u8>) {
    let name = String::from_utf8(name).unwrap();
    let room = find("room");
    let mut lines = 0;
    send_with(&room, JOIN, &[], &[&processes::current()]);
    loop {
        let message = next();
        match message.tag {
            START => {
                send(&room, SAY, format!("hello from {name}").as_bytes());
                send(&room, SAY, b"and bye");
            }
            LINE => lines += 1,
            _ => {
                let text = format!("{name} heard {lines} lines");
                return send(&message.processes[0], HEARD, text.as_bytes());
            }
        }
    }
}

fn main() {
    let room = processes::spawn("room", &[]).unwrap();
    monitor(&room);
    for name in USERS {
        processes::spawn("user", name.as_bytes()).unwrap();
    }
    match receive(None) {
        Some(Mail::Ended(end)) => println!("the room is closed: {:?}", end.reason),
        _ => panic!("another message"),
    }
}
