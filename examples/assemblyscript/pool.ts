// A pool of workers below a supervisor. The workers ask the first process for
// jobs. A job that crashes its worker is given to another one, up to three
// times, while the supervisor starts the worker anew.
//
// Build, in the folder above examples:
//        asc examples/assemblyscript/pool.ts
//            sdk/assemblyscript/assembly/exports.ts
//            --exportStart _initialize
//            --use abort=sdk/assemblyscript/assembly/system/fail -o pool.wasm
// Run:   lunatic pool.wasm
import { Child, Kind, Process, Reader, Request, Writer, demonitor, lookup, print, receive, register, self, spawn, supervise } from "../../sdk/assemblyscript/assembly";

const JOBS = 12;
const ATTEMPTS = 3;

class Job {
  constructor(public number: i32 = 0, public attempt: i32 = 0) {}

  pack(writer: Writer): void {
    writer.array(2);
    writer.value<i32>(this.number);
    writer.value<i32>(this.attempt);
  }

  unpack(reader: Reader): void {
    reader.tuple(2);
    this.number = reader.value<i32>();
    this.attempt = reader.value<i32>();
  }
}

// What a worker says: what it has done, and that it waits for more.
class Work {
  constructor(public done: Job | null = null, public square: i32 = 0) {}

  pack(writer: Writer): void {
    writer.array(2);
    writer.value<Job | null>(this.done);
    writer.value<i32>(this.square);
  }

  unpack(reader: Reader): void {
    reader.tuple(2);
    this.done = reader.value<Job | null>();
    this.square = reader.value<i32>();
  }
}

function square(job: Job): i32 {
  assert(job.number != 5 || job.attempt != 1, "job 5 crashes its first worker");
  assert(job.number != 9, "job 9 crashes all workers");
  return job.number * job.number;
}

function worker(name: string): void {
  const pool = lookup("pool", "^1")!;
  let work = new Work();
  for (;;) {
    const job = pool.call<Work>(work).read<Job>();
    work = new Work(job, square(job));
  }
}

function supervisor(unused: i32): void {
  const children = new Array<Child>();
  for (let i = 0; i < 3; i++) {
    children.push(new Child("a worker", (link: i64): Process | null =>
      spawn<string>(worker, "worker", link)));
  }
  assert(supervise(children, 10, 10000), "the supervisor gives up");
}

// A job that is worked on.
class Busy {
  constructor(public tag: i64, public worker: string, public job: Job) {}
}

export function _start(): void {
  const waiting = new Array<Job>();
  const idle = new Array<Request<Work>>();
  let busy = new Array<Busy>();
  const squares = new Array<i32>(JOBS + 1);
  const failed = new Array<i32>();
  let left = JOBS;
  for (let i = 1; i <= JOBS; i++) waiting.push(new Job(i));
  register("pool", "1.0.0", self());
  const top = spawn<i32>(supervisor, 0)!;
  while (left > 0) {
    const message = receive(60000);
    assert(message.kind != Kind.TimedOut, "nothing happens");
    if (message.kind == Kind.Ended) {
      for (let i = 0; i < busy.length; i++) {
        if (busy[i].tag != message.tag) continue;
        const job = busy[i].job;
        busy.splice(i, 1);
        if (job.attempt < ATTEMPTS) waiting.push(job);
        else {
          failed.push(job.number);
          left--;
        }
        break;
      }
    } else if (message.isRequest) {
      const request = message.request<Work>();
      const done = request.value.done;
      if (done !== null) {
        const uuid = request.from.uuid();
        for (let i = 0; i < busy.length; i++) {
          if (busy[i].worker != uuid) continue;
          demonitor(busy[i].tag);
          busy.splice(i, 1);
          break;
        }
        squares[done.number] = request.value.square;
        left--;
      }
      idle.push(request);
    }
    while (idle.length > 0 && waiting.length > 0) {
      const request = idle.shift();
      const job = waiting.shift();
      job.attempt++;
      busy.push(new Busy(request.from.monitor(), request.from.uuid(), job));
      request.reply<Job>(job);
    }
  }
  const end = top.monitor();
  top.stop();
  receive(-1, [end]);
  for (let i = 1; i <= JOBS; i++) {
    if (squares[i] > 0) print(i.toString() + " squared is " + squares[i].toString());
  }
  print("failed: " + failed.join(" "));
}
