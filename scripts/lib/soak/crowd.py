"""Connections that cost a server: idle ones, ones that send a byte a second, ones that do not read. A process of its own,
so that it neither shares descriptors with others nor holds them up: `crowd.py PORT IDLE DRIPPING UNREAD PATH TOKEN`.

Says `there` when all are connected; ends when its standard input does. At the end it says how often it had to connect
anew, because the server had had enough of one."""

import resource
import select
import socket
import sys
import time

# Of a second.
STEPS = 100
HEAD = b"GET /health HTTP/1.1\r\nHost: soak\r\n"


class Crowd:
    """Told of what the server does by epoll: whoever looks at thousands of connections takes the processor from those
    whose times are measured."""

    def __init__(self, port, path, token):
        self.address = ("127.0.0.1", port)
        self.large = (f"GET {path} HTTP/1.1\r\nHost: soak\r\nx-medusa-access-token: {token}\r\n\r\n").encode()
        self.events = select.epoll()
        self.members = {}  # how to begin again, by descriptor
        self.dripping = []
        self.again = {"idle": 0, "dripping": 0, "unread": 0}

    def connect(self, receive=None):
        s = socket.socket()
        if receive:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        s.connect(self.address)
        return s

    def watch(self, s, events, kind, begin):
        self.events.register(s, events)
        self.members[s.fileno()] = (s, kind, begin)

    def add_idle(self):
        s = self.connect()
        s.sendall(HEAD + b"\r\n")
        s.recv(4096)
        self.watch(s, select.EPOLLIN, "idle", self.add_idle)

    def add_dripping(self, place=None):
        s = self.connect()
        s.setblocking(False)
        if place is None:
            place = [s, 0]
            self.dripping.append(place)
        place[:] = s, 0
        # It says 408 before it closes.
        self.watch(s, select.EPOLLIN, "dripping", lambda: self.add_dripping(place))

    def add_unread(self):
        s = self.connect(receive=4096)
        s.sendall(self.large * 3)
        s.setblocking(False)
        self.watch(s, 0, "unread", self.add_unread)

    def drip(self, places):
        for place in places:
            s, sent = place
            try:
                # A field that never ends, as long as the server takes it.
                s.send(HEAD[sent:sent + 1] or b"x")
            except OSError:
                continue  # told as an event too
            place[1] += 1

    def answer(self, seconds):
        """Lets those begin again that the server has answered or ended, for so long; False when it is time to go."""
        until = time.monotonic() + seconds
        while True:
            for descriptor, _ in self.events.poll(max(0, until - time.monotonic())):
                if descriptor == sys.stdin.fileno():
                    return False
                s, kind, begin = self.members.pop(descriptor)
                s.close()
                begin()
                self.again[kind] += 1
            if time.monotonic() >= until:
                return True


def main():
    port, idle, dripping, unread = map(int, sys.argv[1:5])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(port, *sys.argv[5:7])
    for count, add in [(idle, crowd.add_idle), (dripping, crowd.add_dripping), (unread, crowd.add_unread)]:
        for _ in range(count):
            add()
    print("there", flush=True)
    crowd.events.register(sys.stdin, select.EPOLLIN)
    began, step = time.monotonic(), 0
    # Strangers do not keep time with each other: each has its own moment of the second.
    while crowd.answer(max(0, began + step / STEPS - time.monotonic())):
        crowd.drip(crowd.dripping[step % STEPS::STEPS])
        step += 1
    print(", ".join(f"{count} {kind}" for kind, count in crowd.again.items()), flush=True)


if __name__ == "__main__":
    main()
