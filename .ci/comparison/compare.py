"""Two cars on 40 A for ten minutes, in real time: TWCManager 1.3.2 as published, then `twc-master run`.

Both masters get the same simulated wall connectors with the same seed, the same cars coming, going, tapering and
returning at the same seconds, and a bus that is listened to (bus.py). Ten times a second the simulator is asked for
the limits in force and the currents drawn. Printed is what matters on a 40 A circuit: the highest sums, and for how
long they were over. Run by run.sh.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "foreign-master"))
import check  # noqa: E402  TWCManager's configuration and launcher, the same as in that test
from bus import FLOOR, Bus  # noqa: E402

LIMIT = 40  # amps, for both wall connectors together
PER_UNIT = 32
SLAVES = ("3495", "3496")

# Second, what is told to twc-sim. Both cars are there from the beginning. 0.5 A is a car that is nearly full or waits;
# then it returns, as with a preheated cabin or another charge limit.
STORY = [
    (100, "unplug 1"),
    (150, "plug 1"),
    (200, "cap 1 10A"),
    (240, "cap 1 off"),
    (280, "cap 2 0.5A"),
    (295, "cap 2 off"),
    (340, "cap 1 0.5A"),
    (380, "cap 1 off"),
    (430, "unplug 2"),
    (470, "plug 2"),
    (520, "cap 2 0.5A"),
    (535, "cap 2 off"),
]


class Sim:
    """twc-sim serve with --control, in lock-step: one line asked, its answer read."""

    def __init__(self, program, log):
        self.log = open(log, "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "serve", "--tcp", "127.0.0.1:0", "--slaves", "2", "--car", "--max", f"{PER_UNIT}A",
             "--json", "--control", "--seed", "5"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        self.address = self.process.stdout.readline().strip().removeprefix("ready tcp=")

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        while True:
            answer = self.process.stdout.readline()
            if not answer:
                raise check.Failed("twc-sim ended by itself")
            self.log.write(answer)
            answer = json.loads(answer)
            if "error" in answer:
                raise check.Failed(f"twc-sim refuses '{line}': {answer['error']}")
            if "ok" in answer:
                return answer

    def close(self):
        self.process.terminate()
        self.process.wait(5)
        self.log.close()


class Peak:
    """The highest value, when it was, and for how long values were over the limit."""

    def __init__(self):
        self.value, self.at, self.over, self.times, self.was_over = 0.0, 0.0, 0.0, 0, False

    def note(self, value, now, step):
        if value > self.value:
            self.value, self.at = value, now
        is_over = value > LIMIT + 0.001
        self.over += step if is_over else 0.0
        self.times += is_over and not self.was_over
        self.was_over = is_over

    def __str__(self):
        return f"{self.value:6.2f} A at {self.at:5.1f} s | over {LIMIT} A: {self.times} times, {self.over:5.1f} s"


def watch(name, sim, bus, seconds, folder, at_second, check_master):
    """Plays the story and looks ten times a second."""
    sent, force, drawn = Peak(), Peak(), Peak()
    story, hooks = list(STORY), dict(at_second)
    begin = last = time.monotonic()
    energy = 0
    with open(folder / f"{name}.csv", "w", encoding="utf-8") as out:
        print("second,sent,in_force,drawn," + ",".join(f"{s}_{k}" for s in SLAVES for k in ("sent", "limit", "drawn")),
              file=out)
        while (now := time.monotonic()) - begin < seconds:
            second, step, last = now - begin, now - last, now
            while story and story[0][0] <= second:
                line = story.pop(0)[1]
                sim.ask(line)
                if line.startswith("plug"):
                    bus.car_came(SLAVES[int(line.split()[1]) - 1])
            for due in [due for due in hooks if due <= second]:
                hooks.pop(due)()
            check_master()
            slaves = {slave["slave"]: slave for slave in sim.ask("status")["slaves"]}
            sent_to = bus.limits_sent()
            # What is told to a unit without a car is forgotten there when one comes; it may then take the floor.
            promised = {s: sent_to.get(s, 0.0) if slaves[s]["car"] else min(FLOOR, sent_to.get(s, 0.0)) for s in SLAVES}
            sums = (
                sum(promised.values()),
                sum(slave["limit_amps"] for slave in slaves.values()),
                sum(slave["drawn_amps"] for slave in slaves.values()),
            )
            for peak, value in zip((sent, force, drawn), sums):
                peak.note(value, second, step)
            energy = sum(slave["energy_wh"] for slave in slaves.values())
            each = [v for s in SLAVES for v in
                    (promised.get(s, 0.0), slaves[s]["limit_amps"], slaves[s]["drawn_amps"])]
            print(f"{second:.1f}," + ",".join(f"{value:.2f}" for value in (*sums, *each)), file=out)
            time.sleep(max(0.0, 0.1 - (time.monotonic() - now)))
    print(f"{name}: {seconds} s, {bus.heartbeats} heartbeats")
    print(f"  sum of the limits last sent  {sent}")
    print(f"  sum of the limits in force   {force}")
    print(f"  sum of the currents drawn    {drawn}")
    print(f"  energy delivered             {energy / 1000:.2f} kWh", flush=True)


def twcmanager(sim, bus, seconds, folder):
    http_port = check.free_port()
    case = check.Case(protocol=2, slaves=2, link="pty")
    settings = check.config(case, bus.path, http_port, folder)
    settings["config"]["wiringMaxAmpsAllTWCs"] = LIMIT
    settings["config"]["wiringMaxAmpsPerTWC"] = PER_UNIT
    settings["config"]["numberOfPhases"] = 3
    (folder / "config.json").write_text(json.dumps(settings, indent=2))
    (folder / "settings.json").write_text(json.dumps(check.SETTINGS))
    master = check.Program(
        "TWCManager", [sys.executable, "-c", check.LAUNCHER], folder / "twcmanager.log", cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
    )
    try:
        # "Charge now" with all that the wiring carries: what its own user interface sends.
        watch("twcmanager", sim, bus, seconds, folder, {20: lambda: check.charge_now(http_port, LIMIT)},
              lambda: alive(master))
    finally:
        master.stop()


def twc_master(program, sim, bus, seconds, folder):
    master = check.Program(
        "twc-master",
        [program, "run", "--link", f"serial:{bus.path}", "--limit", f"{LIMIT}A", "--max-per-slave", f"{PER_UNIT}A",
         "--expect-slaves", "2", "--json", "--state", str(folder / "state.json")],
        folder / "twc-master.log",
    )
    try:
        watch("twc-master", sim, bus, seconds, folder, {}, lambda: alive(master))
    finally:
        master.stop()


def alive(master):
    if master.process.poll() is not None:
        raise check.Failed(f"{master.name} ended by itself:\n{master.output()[-2000:]}")


def main():
    binaries, seconds = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 600
    keep = os.environ.get("KEEP")
    folder = Path(keep or tempfile.mkdtemp(prefix="comparison-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"traces and logs in {folder}", flush=True)
    masters = {
        "twcmanager": lambda sim, bus: twcmanager(sim, bus, seconds, folder),
        "twc-master": lambda sim, bus: twc_master(binaries / "twc-master", sim, bus, seconds, folder),
    }
    for name in os.environ.get("ONLY", "twcmanager twc-master").split():
        sim = Sim(binaries / "twc-sim", folder / f"{name}-sim.log")
        try:
            bus = Bus(sim.address)
            masters[name](sim, bus)
            bus.close()
        finally:
            sim.close()


if __name__ == "__main__":
    try:
        main()
    except (check.Failed, OSError) as error:
        sys.exit(f"comparison: FAILED: {error}")
