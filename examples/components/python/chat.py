# A chat: a room that is found by its name, and three users, each a process. The
# room closes a while after the last line.
from wit_world import exports
from wit_world.imports import processes, registry
from wit_world.imports.mailbox import receive, receive_tagged, send, send_with
from wit_world.imports.monitors import monitor
from wit_world.imports.timers import send_after

# Tags of messages to the room, and of those to users.
JOIN, SAY, CLOSE, START, LINE, END, HEARD = range(1, 8)
USERS = ["ann", "bob", "cid"]


def room():
    me = processes.current()
    members = []
    lines = 0
    registry.register("room", "1.0.0", me)
    while True:
        message = receive(None).value
        if message.tag == JOIN:
            members.append(message.processes[0])
            if len(members) == len(USERS):
                for member in members:
                    send(member, START, b"")
        elif message.tag == SAY:
            for member in members:
                send(member, LINE, message.data)
            lines += 1
            if lines == 2 * len(USERS):
                send_after(me, 10, CLOSE, b"")
        else:
            break
    for member in members:
        send_with(member, END, b"", [me])
    heard = [receive_tagged([HEARD], None).value.data for _ in members]
    for text in sorted(heard):
        print(text.decode())


def find(name):
    while (process := registry.lookup(name, "^1")) is None:
        processes.sleep(1)
    return process


def user(name):
    room = find("room")
    lines = 0
    send_with(room, JOIN, b"", [processes.current()])
    while True:
        message = receive(None).value
        if message.tag == START:
            send(room, SAY, f"hello from {name}".encode())
            send(room, SAY, b"and bye")
        elif message.tag == LINE:
            lines += 1
        else:
            text = f"{name} heard {lines} lines"
            return send(message.processes[0], HEARD, text.encode())


class Worker(exports.Worker):
    def start(self):
        startup = processes.take_startup()
        if startup.function == "room":
            room()
        else:
            user(startup.argument.decode())


class Run(exports.Run):
    def run(self):
        monitor(processes.spawn("room", b""))
        for name in USERS:
            processes.spawn("user", name.encode())
        end = receive(None).value
        print(f"the room is closed: {type(end.reason).__name__}")
