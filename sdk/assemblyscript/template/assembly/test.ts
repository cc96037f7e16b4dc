// Tests: a program that ends with another status than 0 if one fails.
import { print, spawn } from "../lunatic/assembly";
import { greeting } from "./greeting";
import { greet, supervisor } from "./server";

function greetsByName(): void {
  assert(greeting("moon") == "hello, moon");
}

function isStartedAnew(): void {
  spawn<i32>(supervisor, 0)!;
  assert(greet("moon").read<string>() == "hello, moon");
  assert(!greet("nobody").ok);
  assert(greet("stars").read<string>() == "hello, stars");
}

export function _start(): void {
  greetsByName();
  isStartedAnew();
  print("2 passed");
}
