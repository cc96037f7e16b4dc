//! What bench/guest/v13/data.c measures, as a program of the crate lunatic
//! does it: spawns, requests, and processes that wait. Its data is what the
//! crate and Rust's library bring along.

use std::time::{Duration, Instant};

use lunatic::{Mailbox, Process};

const ROUNDS: u32 = 3;
const ROUND: Duration = Duration::from_millis(30);
const AT_ONCE: usize = 500;

fn child(parent: Process<u64>, _: Mailbox<()>) {
    parent.send(1);
}

fn server(parent: Process<u64>, mailbox: Mailbox<u64>) {
    loop {
        parent.send(mailbox.receive());
    }
}

fn idle(parent: Process<u64>, mailbox: Mailbox<u64>) {
    parent.send(1);
    mailbox.receive();
}

/// Repeats until a round's time is over.
fn measure(series: &str, work: impl Fn()) {
    // So that a look at the clock is a small part of it.
    let mut batch = 1;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut count = 0;
        let took = loop {
            for _ in 0..batch {
                work();
            }
            count += batch;
            let took = began.elapsed();
            if took < ROUND / 100 {
                batch *= 2;
            }
            if took >= ROUND {
                break took;
            }
        };
        println!("{series} {:.3}", took.as_nanos() as f64 / count as f64);
    }
}

fn hold(count: usize, this: Process<u64>, mailbox: &Mailbox<u64>) {
    let mut left = count;
    while left > 0 {
        let some = left.min(AT_ONCE);
        for _ in 0..some {
            Process::spawn(this, idle);
        }
        for _ in 0..some {
            mailbox.receive();
        }
        left -= some;
    }
    println!("waiting {count}");
    mailbox.receive();
}

#[lunatic::main]
fn main(mailbox: Mailbox<u64>) {
    let this = mailbox.this();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    if let Some(count) = line.split_whitespace().next() {
        return hold(count.parse().unwrap(), this, &mailbox);
    }
    measure("data-spawn", || {
        Process::spawn(this, child);
        mailbox.receive();
    });
    let server = Process::spawn(this, server);
    measure("data-request", || {
        server.send(1);
        mailbox.receive();
    });
}
