#!/usr/bin/env python3
"""Net power of a house from an Enphase gateway, one line of JSON per value, for `source = "exec:..."`.

    envoy.py https://192.0.2.10 [SECONDS]        the token in the environment as ENVOY_TOKEN

Import is positive, export negative. A value that cannot be had is no line: what was said before goes on ageing, and
twc-master knows what to do then. The gateway signs its own certificate, so it is not verified.
"""

import json
import os
import ssl
import sys
import time
import urllib.request


def net_watts(report):
    """The meter at the grid; None where the gateway has none."""
    meters = report.get("consumption", [])
    net = [meter for meter in meters if meter.get("measurementType") == "net-consumption" and meter.get("activeCount")]
    return (net[0]["wNow"], net[0].get("readingTime")) if net else None


def main():
    url, interval = sys.argv[1].rstrip("/") + "/production.json?details=1", float(sys.argv[2] if len(sys.argv) > 2 else 30)
    headers = {"Authorization": "Bearer " + os.environ["ENVOY_TOKEN"]} if "ENVOY_TOKEN" in os.environ else {}
    context = ssl._create_unverified_context() if url.startswith("https:") else None
    while True:
        try:
            request = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                net = net_watts(json.load(answer))
            if net:
                age = max(0.0, time.time() - net[1]) if net[1] else 0.0
                print(json.dumps({"watts": net[0], "age": round(age, 1)}), flush=True)
            else:
                print("envoy.py: no net meter in the answer", file=sys.stderr)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"envoy.py: {error}", file=sys.stderr)
        time.sleep(interval)


if __name__ == "__main__":
    main()
