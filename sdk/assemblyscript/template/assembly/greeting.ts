// What is said to a name; a bug makes it fail for some.
export function greeting(name: string): string {
  assert(name != "nobody", "there is nobody to greet");
  return "hello, " + name;
}
