#!/usr/bin/env bash
# A master nobody here wrote (TWCManager, from the Python package index) must
# accept our simulated chargers:   run.sh PATH_TO_TWC_SIM_BINARY [full]
# Two of the cases, or with `full` all of them.
#
# venv.sh prepares the Python environment; check.py is the test.
set -euo pipefail

fail() {
    echo "foreign-master: $*" >&2
    exit 1
}

mode=${2:-quick}
[ $# -ge 1 ] && { [ "$mode" = quick ] || [ "$mode" = full ]; } || fail "usage: $0 PATH_TO_TWC_SIM_BINARY [full]"
sim=$(command -v -- "$1") || fail "no program at $1 (build it with: cargo build -p twc-sim)"
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
python=$(bash "$here/venv.sh")
exec "$python" "$here/check.py" "$sim" "$mode"
