// A supervisor of workers: three processes share the work, and one that fails is
// replaced.
wit_bindgen::generate!({ world: "library", path: "../../../sdk/wit" });

use exports::lunatic::process::worker;
use lunatic::process::mailbox::{receive, send, send_with, Mail, Message};
use lunatic::process::monitors::monitor;
use lunatic::process::processes::{self, Process};

const WORKERS: usize = 3;
const JOBS: u64 = 10;
const BAD: u64 = 7; // the first worker that gets this job fails

struct App;
export!(App);

// What a worker process does: it squares numbers until its supervisor ends.
impl worker::Guest for App {
    fn start() {
        let startup = processes::take_startup().unwrap();
        let careful = startup.argument[0] != 0;
        while let Some(Mail::Message(job)) = receive(None) {
            let number = job.tag;
            if number == BAD && !careful {
                panic!("{number} is too much");
            }
            send(&job.processes[0], job.tag, &(number * number).to_le_bytes());
        }
    }
}

struct Worker {
    process: Process,
    monitor: u64,
    job: u64, // 0: none
}

fn hire(careful: bool) -> Worker {
    let process = processes::spawn("square", &[careful as u8]).unwrap();
    let monitor = monitor(&process);
    Worker { process, monitor, job: 0 }
}

fn give(worker: &mut Worker, job: u64) {
    worker.job = job;
    send_with(&worker.process, job, &[], &[&processes::current()]);
}

fn main() {
    let mut workers: Vec<Worker> = (0..WORKERS).map(|_| hire(false)).collect();
    let mut jobs = (1..=JOBS).rev().collect::<Vec<_>>();
    let mut sum = 0;
    let mut done = 0;
    for worker in &mut workers {
        give(worker, jobs.pop().unwrap());
    }
    while done < JOBS {
        let at = match receive(None).unwrap() {
            Mail::Message(Message { tag, data, .. }) => {
                sum += u64::from_le_bytes(data.try_into().unwrap());
                done += 1;
                workers.iter().position(|w| w.job == tag).unwrap()
            }
            Mail::Ended(end) => {
                let at = workers.iter().position(|w| w.monitor == end.tag).unwrap();
                println!("job {} has failed: {:?}", workers[at].job, end.reason);
                jobs.push(workers[at].job);
                workers[at] = hire(true);
                at
            }
            Mail::LinkDied(_) => unreachable!(),
        };
        workers[at].job = 0;
        if let Some(job) = jobs.pop() {
            give(&mut workers[at], job);
        }
    }
    println!("the sum of {JOBS} squares is {sum}");
}
