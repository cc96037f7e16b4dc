// A supervisor of workers: three processes share the work, and one that fails is
// replaced.
import * as processes from 'lunatic:process/processes@0.1.0';
import { receive, send, sendWith } from 'lunatic:process/mailbox@0.1.0';
import { monitor } from 'lunatic:process/monitors@0.1.0';

const WORKERS = 3;
const JOBS = 10;
const BAD = 7n; // the first worker that gets this job fails

// What a worker process does: it squares numbers until it is killed.
export const worker = {
  start() {
    const careful = processes.takeStartup().argument[0] !== 0;
    for (;;) {
      const { val: job } = receive();
      if (job.tag === BAD && !careful) {
        throw new Error(`${job.tag} is too much`);
      }
      const square = new BigUint64Array([job.tag * job.tag]);
      send(job.processes[0], job.tag, new Uint8Array(square.buffer));
    }
  },
};

function hire(careful) {
  const process = processes.spawn('square', new Uint8Array([careful ? 1 : 0]));
  return { process, monitor: monitor(process), job: undefined };
}

function give(worker, job) {
  worker.job = job;
  sendWith(worker.process, job, new Uint8Array(), [processes.current()]);
}

export const run = {
  run() {
    const workers = Array.from({ length: WORKERS }, () => hire(false));
    const jobs = Array.from({ length: JOBS }, (_, i) => BigInt(i + 1)).reverse();
    let sum = 0n;
    let done = 0;
    for (const worker of workers) {
      give(worker, jobs.pop());
    }
    while (done < JOBS) {
      const mail = receive();
      let at;
      if (mail.tag === 'message') {
        sum += new DataView(mail.val.data.slice().buffer).getBigUint64(0, true);
        done += 1;
        at = workers.findIndex((w) => w.job === mail.val.tag);
      } else {
        at = workers.findIndex((w) => w.monitor === mail.val.tag);
        console.log(`job ${workers[at].job} has failed: ${mail.val.reason.tag}`);
        jobs.push(workers[at].job);
        workers[at] = hire(true);
      }
      workers[at].job = undefined;
      if (jobs.length > 0) {
        give(workers[at], jobs.pop());
      }
    }
    console.log(`the sum of ${JOBS} squares is ${sum}`);
    for (const worker of workers) {
      worker.process.kill();
    }
  },
};
