#!/usr/bin/env bash
# The same ten minutes with two cars against TWCManager and against `twc-master run`, in real time:
#     run.sh DIRECTORY_OF_BUILT_BINARIES [SECONDS]
# docs/comparison.md has the results. The second half can be had alone: ONLY=twc-master or ONLY=twcmanager.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 1 ] && [ -x "$1/twc-sim" ] && [ -x "$1/twc-master" ] || {
    echo "usage: $0 DIRECTORY_OF_BUILT_BINARIES [SECONDS]   (cargo build --workspace makes target/debug)" >&2
    exit 2
}
python=$(bash "$here/../foreign-master/venv.sh")
exec "$python" "$here/compare.py" "$@"
