"""Users of examples/rooms: rooms.py PORT [strict]"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Peer, check, equal, finish

port = int(sys.argv[1])


class User:
    def __init__(self, name=None, room=None, receive_buffer=None):
        self.peer = Peer(port, receive_buffer)
        welcome = self.line()
        found = re.match(r"\* welcome, (guest\d+); /help", welcome)
        check(found, "welcome:", welcome)
        self.name = found.group(1) if found else ""
        if name:
            self.type("/nick " + name)
            equal(self.line(), "* that is your name now\n", name)
            self.name = name
        if room:
            self.type("/join " + room)
            equal(self.line(), "* %s has entered %s\n" % (self.name, room),
                  "entering")

    def type(self, line):
        self.raw(line.encode() + b"\r\n")

    def raw(self, data):
        return self.peer.send(data)

    def line(self):
        return self.peer.until(b"\n").decode("utf-8", "replace")

    def lines(self, *want):
        for line in want:
            equal(self.line(), line + "\n", self.name, "hears")

    def close(self):
        self.peer.close()


def talking():
    ada = User("ada", "tea")
    eve = User("eve")
    eve.type("hello?")
    eve.lines("* /join a room first; /help tells more")
    eve.type("/join tea")
    for user in (ada, eve):
        user.lines("* eve has entered tea")
    ada.type("hello")
    eve.raw(b"hello y")
    for user in (ada, eve):
        user.lines("ada: hello")
    eve.raw(b"ourself\n\r\n\n")
    for user in (ada, eve):
        user.lines("eve: hello yourself")
    eve.type("/who")
    eve.lines("* ada eve")
    eve.type("/rooms")
    eve.lines("* tea (2)")
    # Names.
    eve.type("/nick ADA")
    eve.lines("* somebody else has that name")
    for name in ("", "a b", "x" * 24, "a\u00e9", "/x"):
        eve.type("/nick " + name)
        eve.lines("* a name is up to 23 letters and digits")
    eve.type("/NICK " + "e" * 23)
    for user in (ada, eve):
        user.lines("* eve is " + "e" * 23 + " now")
    eve.type("/nick eve")
    for user in (ada, eve):
        user.lines("* " + "e" * 23 + " is eve now")
    # Commands that are none.
    for line in ("/", "/whoever", "/joinx"):
        eve.type(line)
        eve.lines("* /help tells what there is")
    eve.type("/help")
    check(eve.line().startswith("/nick"), "help")
    for _ in range(6):
        eve.line()
    # Rooms.
    eve.type("/join")
    eve.lines("* a room's name is up to 23 letters and digits")
    eve.type("/join coffee")
    eve.lines("* eve has entered coffee")
    ada.lines("* eve has left tea")
    ada.type("alone")
    ada.lines("ada: alone")
    eve.type("/rooms")
    equal(sorted(eve.line().split(" (1)")), ["\n", " coffee", "* tea"],
          "rooms")
    eve.type("/leave")
    eve.type("/leave")
    eve.type("/who")
    eve.lines("* /help tells what there is")
    eve.type("/rooms")
    eve.lines("* tea (1)")
    # What is no text, and what is too long.
    ada.raw(b"\x1b[2J\x07\xff\xc2\x9b\xe2\x82\xac\xc3(\xed\xa0\x80\t.\n")
    ada.lines("ada: ?[2J????\u20ac?(????.")
    ada.raw(b"x" * 600 + b"\n")
    ada.lines("ada: " + "x" * 511, "ada: " + "x" * 89)
    # Leaving.
    eve.type("/join tea")
    for user in (ada, eve):
        user.lines("* eve has entered tea")
    eve.type("/quit")
    equal(eve.peer.rest(), b"", "after quitting")
    eve.close()
    ada.lines("* eve has left tea")
    third = User("eve", "tea")
    ada.lines("* eve has entered tea")
    third.close()
    ada.lines("* eve has left tea")
    ada.type("/quit")
    equal(ada.peer.rest(), b"", "after quitting")
    # The last one has left, and nothing is left of the room. The hall hears of
    # that after the room, and after the connection was closed.
    other = User()
    for _ in range(100):
        other.type("/rooms")
        rooms = other.line()
        if rooms == "*\n":
            break
        time.sleep(0.05)
    equal(rooms, "*\n", "rooms after all have left")
    other.close()


def crashes():
    ada = User("ada", "tea")
    eve = User("eve", "tea")
    bob = User("bob", "coffee")
    ada.lines("* eve has entered tea")
    eve.type("/crash")
    equal(eve.peer.rest(), b"", "after the crash")
    ada.lines("* eve has crashed in tea")
    ada.type("still here")
    ada.lines("ada: still here")
    # The name is free again.
    eve = User("eve", "tea")
    ada.lines("* eve has entered tea")
    eve.type("/crash room")
    for user in (ada, eve):
        user.lines("* the room has crashed; nobody else has")
    bob.type("what was that")
    bob.lines("bob: what was that")
    ada.type("/join tea")
    ada.lines("* ada has entered tea")
    eve.type("/join tea")
    for user in (ada, eve):
        user.lines("* eve has entered tea")
    bob.type("/crash hall")
    for user in (ada, eve, bob):
        user.lines("* the hall has crashed; come again")
        equal(user.peer.rest(), b"", "after the hall's crash")
        user.close()
    # The supervisor starts another one, in its own time.
    for _ in range(1000):
        peer = Peer(port)
        welcome = peer.until(b"\n")
        peer.close()
        if welcome.startswith(b"* welcome"):
            break
    ada = User("ada", "tea")
    ada.type("/rooms")
    ada.lines("* tea (1)")
    ada.close()


def strict():
    ada = User("ada", "tea")
    for what in ("room", "hall"):
        ada.type("/crash " + what)
        ada.type("still here")
        ada.lines("ada: still here")
    ada.close()


def heard(user, state):
    """Takes one line of `speaker`'s, or a word about lost ones."""
    line = user.line()
    lost = re.match(r"\* (\d+) lines were lost", line)
    if lost:
        state[1] += int(lost.group(1))
    elif line.startswith("speaker: "):
        state[0] += 1
    else:
        check(False, "unexpected:", line[:80])


def slow_readers():
    """Who does not read holds up nobody, and costs no more than some lines."""
    deaf = User("deaf", "loud", receive_buffer=4096)
    good = User("good", "loud")
    speaker = User("speaker", "loud")
    good.lines("* speaker has entered loud")
    counts = {good: [0, 0], speaker: [0, 0]}
    batch, batches = 100, 200
    for n in range(batches):
        speaker.raw((b"x" * 480 + b"\n") * batch)
        for user, state in counts.items():
            while sum(state) < (n + 1) * batch and user.peer:
                before = sum(state)
                heard(user, state)
                if sum(state) == before:
                    check(False, user.name, "is held up")
                    return
    deaf_text = b""
    deaf.type("/quit")
    while deaf.peer.more():
        deaf_text += deaf.peer.seen
        deaf.peer.seen = b""
    check(deaf_text.count(b"speaker: ") < batch * batches,
          "everything was kept for somebody who does not read")
    for user in (deaf, good, speaker):
        user.close()


def many():
    users = [User("user%d" % n, "hall%d" % (n % 4)) for n in range(120)]
    for user in users[:4]:
        user.type("to all")
    for n, user in enumerate(users):
        want = b"user%d: to all\n" % (n % 4)
        check(user.peer.until(want).endswith(want), user.name, "hears nothing")
    for user in users:
        user.close()


if len(sys.argv) > 2:
    strict()
else:
    talking()
    crashes()
    slow_readers()
    many()
finish()
