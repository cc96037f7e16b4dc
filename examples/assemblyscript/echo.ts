// An echo server: a process for each connection.
//
// Build, in the folder above examples:
//        asc examples/assemblyscript/echo.ts
//            sdk/assemblyscript/assembly/exports.ts
//            --exportStart _initialize
//            --use abort=sdk/assemblyscript/assembly/system/fail -o echo.wasm
// Run:   lunatic echo.wasm 127.0.0.1:7000
import { Conn, Listener, args, exit, lastError, print, printError, sleep, spawn } from "../../sdk/assemblyscript/assembly";

function serve(conn: Conn): void {
  const data = new Uint8Array(4096);
  for (;;) {
    const count = conn.read(data, 60000);
    if (count <= 0) break;
    if (!conn.write(data.subarray(0, count), 60000)) break;
  }
  conn.drop();
}

export function _start(): void {
  const words = args();
  const at = words.length > 1 ? words[1] : "127.0.0.1:7000";
  const listener = Listener.listen(at);
  if (listener === null) {
    printError(lastError);
    exit(1);
    return;
  }
  print("listening at port:" + listener.port.toString());
  for (;;) {
    const conn = listener.accept();
    if (conn === null) {
      printError(lastError);
      sleep(100);
      continue;
    }
    const server = spawn<Conn>(serve, conn);
    if (server !== null) server.drop();
    else printError(lastError);
    conn.drop(); // the other process has its own
  }
}
