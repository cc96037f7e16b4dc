// The first process.
import { args, print, spawn } from "../lunatic/assembly";
import { greet, supervisor } from "./server";

export function _start(): void {
  const names = args();
  if (names.length < 2) print("usage: lunatic app.wasm NAME...");
  spawn<i32>(supervisor, 0)!;
  for (let i = 1; i < names.length; i++) {
    const answer = greet(names[i]);
    print(answer.ok ? answer.read<string>() : "no greeting for " + names[i]);
  }
}
