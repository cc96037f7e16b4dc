# A supervisor of workers: three processes share the work, and one that fails is
# replaced.
from wit_world import exports
from wit_world.imports import processes
from wit_world.imports.mailbox import Mail_Message, receive, send, send_with
from wit_world.imports.monitors import monitor

WORKERS = 3
JOBS = 10
BAD = 7  # the first worker that gets this job fails


class Worker(exports.Worker):
    """What a worker process does: it squares numbers until it is killed."""

    def start(self):
        careful = processes.take_startup().argument[0] != 0
        while True:
            job = receive(None).value
            if job.tag == BAD and not careful:
                raise ValueError(f"{job.tag} is too much")
            square = (job.tag * job.tag).to_bytes(8, "little")
            send(job.processes[0], job.tag, square)


class Hired:
    def __init__(self, careful):
        self.process = processes.spawn("square", bytes([careful]))
        self.monitor = monitor(self.process)
        self.job = None

    def give(self, job):
        self.job = job
        send_with(self.process, job, b"", [processes.current()])


class Run(exports.Run):
    def run(self):
        workers = [Hired(False) for _ in range(WORKERS)]
        jobs = list(range(JOBS, 0, -1))
        total = done = 0
        for worker in workers:
            worker.give(jobs.pop())
        while done < JOBS:
            mail = receive(None)
            if isinstance(mail, Mail_Message):
                total += int.from_bytes(mail.value.data, "little")
                done += 1
                at = [w.job for w in workers].index(mail.value.tag)
            else:
                at = [w.monitor for w in workers].index(mail.value.tag)
                reason = type(mail.value.reason).__name__
                print(f"job {workers[at].job} has failed: {reason}")
                jobs.append(workers[at].job)
                workers[at] = Hired(True)
            workers[at].job = None
            if jobs:
                workers[at].give(jobs.pop())
        print(f"the sum of {JOBS} squares is {total}")
        for worker in workers:
            worker.process.kill()
