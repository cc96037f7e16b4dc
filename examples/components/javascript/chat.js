// A chat: a room that is found by its name, and three users, each a process. The
// room closes a while after the last line.
import * as processes from 'lunatic:process/processes@0.1.0';
import * as registry from 'lunatic:process/registry@0.1.0';
import {
  receive, receiveTagged, send, sendWith,
} from 'lunatic:process/mailbox@0.1.0';
import { monitor } from 'lunatic:process/monitors@0.1.0';
import { sendAfter } from 'lunatic:process/timers@0.1.0';

// Tags of messages to the room, and of those to users.
const [JOIN, SAY, CLOSE, START, LINE, END, HEARD] = [1n, 2n, 3n, 4n, 5n, 6n, 7n];
const USERS = ['ann', 'bob', 'cid'];
const NOTHING = new Uint8Array();

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

export const worker = {
  start() {
    const startup = processes.takeStartup();
    if (startup.function === 'room') {
      room();
    } else {
      user(decode(startup.argument));
    }
  },
};

function room() {
  const me = processes.current();
  const members = [];
  let lines = 0;
  let open = true;
  registry.register('room', '1.0.0', me);
  while (open) {
    const { val: message } = receive();
    switch (message.tag) {
      case JOIN:
        members.push(message.processes[0]);
        if (members.length === USERS.length) {
          members.forEach((m) => send(m, START, NOTHING));
        }
        break;
      case SAY:
        members.forEach((m) => send(m, LINE, message.data));
        lines += 1;
        if (lines === 2 * USERS.length) {
          sendAfter(me, 10n, CLOSE, NOTHING);
        }
        break;
      default:
        open = false;
    }
  }
  members.forEach((m) => sendWith(m, END, NOTHING, [me]));
  members
    .map(() => decode(receiveTagged(new BigInt64Array([HEARD])).val.data))
    .sort()
    .forEach((text) => console.log(text));
}

function find(name) {
  for (;;) {
    const process = registry.lookup(name, '^1');
    if (process) {
      return process;
    }
    processes.sleep(1n);
  }
}

function user(name) {
  const room = find('room');
  let lines = 0;
  sendWith(room, JOIN, NOTHING, [processes.current()]);
  for (;;) {
    const { val: message } = receive();
    switch (message.tag) {
      case START:
        send(room, SAY, encode(`hello from ${name}`));
        send(room, SAY, encode('and bye'));
        break;
      case LINE:
        lines += 1;
        break;
      default:
        send(message.processes[0], HEARD, encode(`${name} heard ${lines} lines`));
        return;
    }
  }
}

export const run = {
  run() {
    monitor(processes.spawn('room', NOTHING));
    for (const name of USERS) {
      processes.spawn('user', encode(name));
    }
    console.log(`the room is closed: ${receive().val.reason.tag}`);
  },
};
