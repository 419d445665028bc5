#!/usr/bin/env python3
"""Currents of each phase from a smart meter behind Modbus TCP with the SunSpec models 201 to 204, one line of JSON per
value, for `source = "exec:..."`. Fronius inverters show theirs as unit 240 or 200.

    sunspec.py HOST[:PORT] [UNIT] [SECONDS]

A meter tells amperes without a direction; each gets the sign of its phase's power, import positive. A value that cannot
be had is no line.
"""

import json
import socket
import struct
import sys
import time

BASE = 40000
METERS = (201, 202, 203, 204)
NOT_THERE = -0x8000


def read(link, unit, address, count):
    """Holding registers as signed numbers."""
    link.sendall(struct.pack(">HHHBBHH", 1, 0, 6, unit, 3, address, count))
    head = take(link, 9)
    if head[7] != 3 or head[8] != 2 * count:
        raise ValueError(f"no such registers at {address}")
    return struct.unpack(f">{count}h", take(link, 2 * count))


def take(link, count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            raise OSError("the meter hung up")
        data += more
    return data


def find_meter(link, unit):
    """Where the meter's model begins."""
    if read(link, unit, BASE, 2) != (0x5375, 0x6E53):
        raise ValueError("no SunSpec device")
    at = BASE + 2
    for _ in range(50):
        model, length = read(link, unit, at, 2)
        if model in METERS:
            return at
        if model == -1:
            break
        at += 2 + length
    raise ValueError("no meter among its models")


def value(registers):
    """Of one model, from its head on: amperes 3 to 5 with scale 6, watts 18 to 21 with scale 22."""
    amps, watts = [], []
    for phase in range(3):
        amp, watt = registers[3 + phase], registers[19 + phase]
        watt = 0.0 if watt == NOT_THERE else watt * 10.0 ** registers[22]
        amp = 0.0 if amp == NOT_THERE else abs(amp) * 10.0 ** registers[6]
        amps.append(round(-amp if watt < 0 else amp, 2))
        watts.append(round(watt))
    return {"amps": amps, "watts": watts}


def main():
    host, _, port = sys.argv[1].partition(":")
    unit, interval = int(sys.argv[2] if len(sys.argv) > 2 else 240), float(sys.argv[3] if len(sys.argv) > 3 else 2)
    while True:
        try:
            with socket.create_connection((host, int(port or 502)), timeout=5) as link:
                at = find_meter(link, unit)
                while True:
                    print(json.dumps(value(read(link, unit, at, 23))), flush=True)
                    time.sleep(interval)
        except (OSError, ValueError, struct.error) as error:
            print(f"sunspec.py: {error}", file=sys.stderr)
        time.sleep(interval)


if __name__ == "__main__":
    main()
