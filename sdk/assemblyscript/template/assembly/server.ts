// A server greets names, below a supervisor that starts it anew when it fails.
import { Child, Message, Process, lookup, receive, register, self, sleep, spawn, supervise } from "../lunatic/assembly";
import { greeting } from "./greeting";

const PATIENCE = 5000; // milliseconds

function greeter(unused: i32): void {
  register("greeter", "1.0.0", self());
  for (;;) {
    const message = receive();
    if (!message.isRequest) continue;
    const request = message.request<string>();
    request.reply<string>(greeting(request.value));
  }
}

export function supervisor(unused: i32): void {
  const children = [
    new Child("greeter", (link: i64): Process | null => spawn<i32>(greeter, 0, link)),
  ];
  assert(supervise(children, 5, 10000), "the supervisor gives up");
}

// Asks the greeter, as soon as there is one. The message is no value if that
// has failed.
export function greet(name: string): Message {
  let found = lookup("greeter", "1");
  while (found === null) {
    sleep(1);
    found = lookup("greeter", "1");
  }
  const server = found!;
  const answer = server.call<string>(name, PATIENCE);
  server.drop();
  return answer;
}
