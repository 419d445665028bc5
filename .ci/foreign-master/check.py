"""Does TWCManager 1.3.2, as published, link to `twc-sim serve` and set a limit?

For each case (protocol 1 or 2, one or three chargers, a pseudo-terminal or a TCP
port) it starts the simulator with a car at each charger, runs TWCManager on it,
asks TWCManager over its HTTP interface to charge at 16 A each, and waits until
every simulated charger says its limit is 16 A and TWCManager has read that back.
Run by run.sh, inside the virtual environment it prepares.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

SLAVES = ("3495", "3496", "3497")  # ids of the simulator's chargers
MAX_AMPS = 32  # what it advertises; a higher wiring setting is refused and quartered
# 16 A is also TWCManager's "spike" value for 32 A units, so it is offered at
# once; for anything lower it would first offer 16 A for some seconds.
AMPS = 16

SIM_READY_SECONDS = 10
LINK_SECONDS = 40  # slow start-up of Python, then up to 10 s between announcements
LIMIT_SECONDS = 90


class Case(NamedTuple):
    protocol: int
    slaves: int
    link: str  # "pty" or "tcp"

    def __str__(self):
        return f"protocol {self.protocol}, {self.slaves} slave(s), {self.link}"


ALL = [Case(p, n, link) for p in (1, 2) for n in (1, 3) for link in ("pty", "tcp")]
# Between them each protocol, each number and each link once.
QUICK = [Case(2, 1, "pty"), Case(1, 3, "tcp")]

STOPPING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

# What TWCManager prints when it cannot make sense of a frame (or of itself).
# On a pseudo-terminal nothing disturbs the bus, so each of these is a finding.
# State 02 ("is sending error") is not among them: a charger that has waited for
# its master for more than 10 s rightly says it once.
COMPLAINTS = (
    "unexpected length",
    "does not match",
    "invalid character",
    "UNKNOWN MESSAGE",
    "not met before",
    "to unknown TWC",
    "DANGER",
    "set to Master mode",
    "Unhandled Exception",
)

# TWCManager cannot be told where to listen and takes all interfaces. A test
# should not be reachable from outside, so its HTTP server is bound to loopback
# before the package is run unchanged, as `python -m` would run it.
LAUNCHER = """
import http.server, runpy
bind = http.server.HTTPServer.server_bind
def bind_loopback(server):
    server.server_address = ("127.0.0.1", server.server_address[1])
    bind(server)
http.server.HTTPServer.server_bind = bind_loopback
runpy.run_module("TWCManager.TWCManager", run_name="__main__", alter_sys=True)
"""

# All sources of solar and household power the package knows. All are off:
# nothing but the request below may decide on the current.
SOURCES = """DSMR DSMRreader Efergy EmonCMS Enphase Fronius Growatt HASS IotaWatt
    Kostal MQTT OpenHab OpenWeatherMap P1Monitor SmartMe SmartPi SolarEdge SolarLog
    TED TeslaPowerwall2 URL Volkszahler""".split()


class Failed(Exception):
    pass


def config(case, port, http_port, folder):
    off = {"enabled": False}
    return {
        "config": {
            "fakeMaster": 1,
            "wiringMaxAmpsAllTWCs": MAX_AMPS if case.slaves == 1 else AMPS * case.slaves,
            # It divides by the cars that charge: until all do, only this keeps the first at AMPS.
            "wiringMaxAmpsPerTWC": MAX_AMPS if case.slaves == 1 else AMPS,
            "minAmpsPerTWC": 6,
            "defaultVoltage": 230,
            "numberOfPhases": 1,
            "displayMilliseconds": True,
            "settingsPath": str(folder),  # default is below /etc
            "logLevel": 12,  # low enough to print each frame sent and received
        },
        "interface": {
            "RS485": {"enabled": True, "port": port, "baud": 9600},
            "Dummy": off,
            "TCP": off,
        },
        "control": {
            "HTTP": {"enabled": True, "listenPort": http_port},
            "MQTT": off,
            "WebIPC": off,
        },
        # No word on the module for Tesla's own service: its HTTP interface and
        # settings need that loaded. Having no token, it never calls out.
        "logging": {
            "Console": {"enabled": True},
            **{name: off for name in ("CSV", "File", "MySQL", "SQLite", "Sentry")},
        },
        "sources": {name: off for name in SOURCES},
        "status": {"HASS": off, "MQTT": off},
    }


# An hour that never comes: else the policy before our request, and so the
# frames sent, would differ between day ("track green energy") and night.
SETTINGS = {"hourResumeTrackGreenEnergy": 24}


class Program:
    """A child process in a group of its own, its output in a file."""

    def __init__(self, name, command, log, **options):
        self.name, self.log = name, log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=options.pop("stderr", subprocess.STDOUT),
                start_new_session=True,
                **options,
            )

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def lines(self):
        """Finished lines only: the last one may still be on its way."""
        return self.output().split("\n")[:-1]

    def check(self):
        code = self.process.poll()
        if code is not None:
            raise Failed(f"{self.name} ended by itself, exit code {code}")
        # The simulator's output cannot hold these, so no need to tell them apart.
        complaints = [line for line in self.lines() if any(c in line for c in COMPLAINTS)]
        if complaints:
            raise Failed(f"{self.name} complained:\n" + "\n".join(complaints))

    def stop(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, sig)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(5)


def wait_for(what, seconds, programs, condition):
    """Poll until `condition` holds; fail when time is up or a program is unwell."""
    end = time.monotonic() + seconds
    while True:
        for program in programs:
            program.check()
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s for {what}")
        time.sleep(0.2)


def reports(sim):
    """The simulator's JSON lines; anything else after the first line is wrong."""
    found = []
    for line in sim.lines()[1:]:
        try:
            report = json.loads(line)
            found.append((report["slave"], report["limit_amps"], line))
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"not a line of --json output ({error!r}): {line}") from error
    return found


def charge_now(http_port, amps):
    # http.client and not urllib: no proxy setting may catch this request.
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=10)
    body = json.dumps({"chargeNowRate": amps, "chargeNowDuration": 3600})
    try:
        connection.request("POST", "/api/chargeNow", body)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"POST /api/chargeNow: {error!r}") from error
    finally:
        connection.close()
    if status not in (200, 204):
        raise Failed(f"POST /api/chargeNow: HTTP status {status}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_sim(sim_path, case, folder, programs):
    """Returns the simulator and the port as TWCManager wants it written."""
    link = folder / "twc"
    where = ["--pty", str(link)] if case.link == "pty" else ["--tcp", "127.0.0.1:0"]
    command = [sim_path, "serve", *where, "--slaves", str(case.slaves), "--car"]
    command += ["--protocol", str(case.protocol), "--json"]
    with open(folder / "sim.err", "wb") as errors:
        sim = Program("twc-sim", command, folder / "sim.log", stderr=errors)
    programs.append(sim)
    first = wait_for("twc-sim's first line", SIM_READY_SECONDS, [sim], lambda: sim.lines()[:1])[0]
    prefix = f"ready pty={link}" if case.link == "pty" else "ready tcp=127.0.0.1:"
    if not first.startswith(prefix):
        raise Failed(f"twc-sim's first line is {first!r}, not {prefix!r}")
    return sim, str(link) if case.link == "pty" else "socket://" + first.removeprefix("ready tcp=")


def check(sim_path, case, folder, programs):
    # TWCManager prefers this file to ours, and then it would talk to whatever
    # charger is named in there.
    if os.path.exists("/etc/twcmanager/config.json"):
        raise Failed("/etc/twcmanager/config.json exists, TWCManager would use it")

    sim, port = start_sim(sim_path, case, folder, programs)
    slaves = SLAVES[: case.slaves]
    http_port = free_port()
    (folder / "config.json").write_text(json.dumps(config(case, port, http_port, folder), indent=2))
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    master = Program(
        "TWCManager",
        [sys.executable, "-c", LAUNCHER],
        folder / "master.log",
        cwd=folder,  # where it looks for config.json
        # Its logger names are emoji, whatever the locale here.
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
    )
    programs.append(master)

    wait_for(
        f"TWCManager to say that {', '.join(slaves)} are ready to link",
        LINK_SECONDS,
        programs,
        lambda: all(f"{slave} is ready to link" in master.output() for slave in slaves),
    )

    if any(limit == AMPS for _, limit, _ in reports(sim)):
        raise Failed(f"the limit was {AMPS} A before anybody asked for it")
    charge_now(http_port, AMPS * case.slaves)

    def at_limit():
        return {slave for slave, limit, _ in reports(sim) if limit == AMPS}

    wait_for(
        f"twc-sim to report a limit of {AMPS} A for {', '.join(slaves)}",
        LIMIT_SECONDS,
        programs,
        lambda: at_limit() >= set(slaves),
    )

    # Its heartbeat summary, "SHB 3495: 01 15.20/16.00A": our answer, read by it.
    def read_back(slave):
        return any(
            f"SHB {slave}:" in line and f"/{AMPS:05.2f}A" in line.split("  M:")[0]
            for line in master.lines()
        )

    wait_for(
        f"TWCManager to read the {AMPS} A back", 30, programs, lambda: all(map(read_back, slaves))
    )


def tail(path, lines=60):
    if path.exists():
        text = path.read_text(encoding="utf-8", errors="replace").splitlines()
        # Once a second it says it has no account, which would fill the tail.
        text = [line for line in text if "TeslaAPI" not in line]
        print(f"--- last lines of {path.name} ---", *text[-lines:], sep="\n", file=sys.stderr)


def run(sim_path, case):
    """Returns what went wrong, or None."""
    programs, failure = [], None
    with tempfile.TemporaryDirectory(prefix="foreign-master-") as name:
        folder = Path(name)
        try:
            check(sim_path, case, folder, programs)
        except (Failed, OSError) as error:
            failure = error
        finally:
            for program in reversed(programs):
                program.stop()
        if failure is not None:
            for log in ("master.log", "sim.log", "sim.err"):
                tail(folder / log)
    return failure


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ("quick", "full"):
        sys.exit("usage: check.py PATH_TO_TWC_SIM_BINARY quick|full (see run.sh)")

    # Turn a kill from outside into an exception, so that `finally` cleans up.
    def interrupted(number, _frame):
        raise Failed(f"stopped by signal {number}")

    for number in STOPPING:
        signal.signal(number, interrupted)

    cases = QUICK if sys.argv[2] == "quick" else ALL
    for case in cases:
        started = time.monotonic()
        failure = run(sys.argv[1], case)
        if failure is not None:
            sys.exit(f"foreign-master: FAILED ({case}): {failure}")
        seconds = time.monotonic() - started
        print(f"foreign-master: {case}: all at {AMPS} A ({seconds:.0f} s)", flush=True)
    print(f"foreign-master: OK, TWCManager 1.3.2, {len(cases)} cases")


if __name__ == "__main__":
    main()
