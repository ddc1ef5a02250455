"""Connections that cost a server: idle ones, ones that send a byte a second, ones that do not read. A process of its own,
so that it neither shares descriptors with others nor holds them up: `crowd.py PORT IDLE DRIPPING UNREAD PATH TOKEN`.

Says `there` when all are connected; ends when its standard input does. At the end it says how often it had to connect
anew, because the server had had enough of one."""

import resource
import selectors
import socket
import sys
import time

# Of a second.
STEPS = 100
HEAD = b"GET /health HTTP/1.1\r\nHost: soak\r\n"


class Crowd:
    def __init__(self, port, path, token):
        self.address = ("127.0.0.1", port)
        self.large = (f"GET {path} HTTP/1.1\r\nHost: soak\r\nx-medusa-access-token: {token}\r\n\r\n").encode()
        self.idle, self.dripping, self.unread = [], [], []
        self.again = {"idle": 0, "dripping": 0, "unread": 0}

    def connect(self, receive=None):
        s = socket.socket()
        if receive:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        s.connect(self.address)
        return s

    def add_idle(self):
        s = self.connect()
        s.sendall(HEAD + b"\r\n")
        s.recv(4096)
        return s

    def add_dripping(self):
        s = self.connect()
        s.setblocking(False)
        return [s, 0]

    def add_unread(self):
        s = self.connect(receive=4096)
        s.sendall(self.large * 3)
        s.setblocking(False)
        return s

    def gone(self, s):
        """Whether the server has closed it."""
        try:
            return s.recv(1 << 16, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def drip(self, members):
        for member in members:
            s, sent = member
            # A field that never ends, as long as the server takes it.
            byte = HEAD[sent:sent + 1] or b"x"
            try:
                s.send(byte)
                member[1] += 1
                broken = self.gone(s) or self.answered(s)
            except OSError:
                broken = True
            if broken:
                s.close()
                member[:] = self.add_dripping()
                self.again["dripping"] += 1

    def answered(self, s):
        """It says 408 before it closes."""
        try:
            return bool(s.recv(4096))
        except BlockingIOError:
            return False

    def look_after(self):
        for index, s in enumerate(self.idle):
            if self.gone(s):
                s.close()
                self.idle[index] = self.add_idle()
                self.again["idle"] += 1
        for index, s in enumerate(self.unread):
            error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                s.close()
                self.unread[index] = self.add_unread()
                self.again["unread"] += 1


def main():
    port, idle, dripping, unread = map(int, sys.argv[1:5])
    crowd = Crowd(port, *sys.argv[5:7])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd.idle = [crowd.add_idle() for _ in range(idle)]
    crowd.dripping = [crowd.add_dripping() for _ in range(dripping)]
    crowd.unread = [crowd.add_unread() for _ in range(unread)]
    print("there", flush=True)
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        began, step = time.monotonic(), 0
        # Strangers do not keep time with each other: each has its own moment of the second.
        while not selector.select(max(0, began + step / STEPS - time.monotonic())):
            crowd.drip(crowd.dripping[step % STEPS::STEPS])
            if step % (5 * STEPS) == 0:
                crowd.look_after()
            step += 1
    print(", ".join(f"{count} {kind}" for kind, count in crowd.again.items()), flush=True)


if __name__ == "__main__":
    main()
