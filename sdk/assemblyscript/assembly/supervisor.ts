// Supervisors: processes that start others, and start them anew when they end.
import { Kind, Process, catchLinks, newTag, receive } from "./process";
import { now, printError } from "./system";

// A child: `start` spawns it, linked with the tag that it is given.
export class Child {
  process: Process | null = null;
  monitor: i64 = 0;

  constructor(public name: string, public start: (link: i64) => Process | null) {}
}

// Makes this process a supervisor of the children, each of which is started anew
// when it has ended (one for one). Returns true when it was stopped
// (Process.stop), and false when more than `restarts` were needed within that
// many milliseconds, a child cannot be started, or the supervisor above it has
// failed. The children have ended then.
export function supervise(children: Child[], restarts: i32 = 1, within: u64 = 5000): bool {
  const times = new Array<u64>();
  const link = newTag();
  let good = true;
  catchLinks(true);
  for (let i = 0; i < children.length && good; i++) good = begin(children[i], link);
  while (good) {
    const message = receive();
    if (message.isStop) break;
    if (message.kind == Kind.LinkDied && message.tag != link) good = false;
    if (message.kind != Kind.Ended) continue;
    for (let i = 0; i < children.length && good; i++) {
      if (children[i].monitor != message.tag) continue;
      const time = now();
      times.push(time);
      while (times[0] + within < time) times.shift();
      printError("supervisor: " + children[i].name + " has ended");
      children[i].process!.drop();
      children[i].process = null;
      good = times.length <= restarts && begin(children[i], link);
    }
  }
  for (let i = children.length - 1; i >= 0; i--) end(children[i]);
  return good;
}

function begin(child: Child, link: i64): bool {
  child.process = child.start(link);
  if (child.process === null) return false;
  child.monitor = child.process!.monitor();
  return true;
}

function end(child: Child): void {
  const process = child.process;
  if (process === null) return;
  process.unlink();
  process.kill();
  receive(-1, [child.monitor]);
  process.drop();
  child.process = null;
}
