//! Spawns as many processes as the first line of standard input says; a second
//! number there is for how many milliseconds it pauses after each thousand, also
//! when it wakes them, so that not all need memory before others are folded. Each answers once, so that it has run, and waits. A line on standard output tells
//! when all of them do. Another line of standard input has them woken, one after
//! the other; then it prints what that took, with the answer, in nanoseconds:
//! the median, the 99th percentile and the longest.

use std::io::{stdin, stdout, BufRead, Write};
use std::time::{Duration, Instant};

use lunatic::{sleep, Mailbox, Process};

const AT_ONCE: usize = 1000;

fn echo(parent: Process<u64>, mailbox: Mailbox<u64>) {
    // Something of its own, as any process has.
    let mut seen: Vec<u64> = Vec::with_capacity(16);

    parent.send(0);
    loop {
        seen.push(mailbox.receive());
        parent.send(*seen.last().unwrap() + seen.len() as u64);
    }
}

fn line() -> Option<String> {
    let mut line = String::new();

    match stdin().lock().read_line(&mut line) {
        Ok(len) if len > 0 => Some(line),
        _ => None,
    }
}

fn say(text: String) {
    println!("{text}");
    stdout().flush().unwrap();
}

#[lunatic::main]
fn main(mailbox: Mailbox<u64>) {
    let numbers: Vec<u64> = line()
        .unwrap()
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let count = numbers[0] as usize;
    let pause = Duration::from_millis(*numbers.get(1).unwrap_or(&0));
    let this = unsafe { Process::this() };
    let mut processes: Vec<Process<u64>> = Vec::with_capacity(count);
    let mut times: Vec<u64> = Vec::with_capacity(count);

    while processes.len() < count {
        let some = AT_ONCE.min(count - processes.len());

        for _ in 0..some {
            processes.push(Process::spawn(this.clone(), echo));
        }
        for _ in 0..some {
            mailbox.receive();
        }
        sleep(pause);
    }
    say(format!("waiting {count}"));
    while line().is_some() {
        times.clear();
        for (i, process) in processes.iter().enumerate() {
            let start = Instant::now();

            process.send(i as u64);
            assert!(mailbox.receive() > i as u64);
            times.push(start.elapsed().as_nanos() as u64);
            if i % AT_ONCE == AT_ONCE - 1 && !pause.is_zero() {
                sleep(pause);
            }
        }
        times.sort_unstable();
        say(format!(
            "woken {} {} {}",
            times[count / 2],
            times[count * 99 / 100],
            times[count - 1]
        ));
    }
}
