"""A bus that can be listened to: a pseudo-terminal for a master, twc-sim behind it, and a tap in between.

The tap knows the frames of a master only as far as it must: which limit was sent to whom. It is written here anew
and shares nothing with either master.
"""

import os
import select
import socket
import termios
import threading
import tty

FLOOR = 6.0  # what a protocol 2 unit makes of everything from 0 A to 6 A


class Frames:
    """Cuts a byte stream at C0 and undoes the two escapes."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, data):
        for byte in data:
            if byte != 0xC0:
                if len(self.buffer) < 64:
                    self.buffer.append(byte)
                continue
            body = bytes(self.buffer).replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
            self.buffer.clear()
            if len(body) >= 14 and sum(body[1:-1]) & 0xFF == body[-1]:
                yield body


class Bus:
    """Forwards bytes between a master on `path` and twc-sim at `address` until closed."""

    def __init__(self, address):
        self.master_end, self.slave_end = os.openpty()
        tty.setraw(self.slave_end, termios.TCSANOW)
        self.path = os.ttyname(self.slave_end)  # ours stays open, so that no hang-up ends the run
        host, port = address.rsplit(":", 1)
        self.sim = socket.create_connection((host, int(port)))
        self.frames = Frames()
        self.sent = {}  # slave id -> the last limit a master sent it, in amps
        self.heartbeats = 0
        self.lock = threading.Lock()
        self.running = True
        self.thread = threading.Thread(target=self.forward, daemon=True)
        self.thread.start()

    def forward(self):
        while self.running:
            ready, _, _ = select.select([self.master_end, self.sim], [], [], 0.2)
            if self.master_end in ready:
                data = os.read(self.master_end, 256)
                self.note(data)
                self.sim.sendall(data)
            if self.sim in ready:
                data = self.sim.recv(256)
                if not data:
                    return
                os.write(self.master_end, data)

    def note(self, data):
        for body in self.frames.feed(data):
            if body[:2] != b"\xfb\xe0":
                continue
            slave, command = body[4:6].hex().upper(), body[6]
            with self.lock:
                self.heartbeats += 1
                # Commands without a limit of their own leave the last one; the first heartbeat is a floor already.
                self.sent.setdefault(slave, FLOOR)
                if command in (5, 9):
                    self.sent[slave] = max(FLOOR, int.from_bytes(body[7:9], "big") / 100)

    def car_came(self, slave):
        """What the unit was told before it has forgotten; the car may take the floor unasked."""
        with self.lock:
            self.sent[slave] = FLOOR

    def limits_sent(self):
        with self.lock:
            return dict(self.sent)

    def close(self):
        self.running = False
        self.thread.join(2)
        self.sim.close()
        os.close(self.slave_end)
        os.close(self.master_end)
