#!/usr/bin/env bash
# Prepares the Python environment that TWCManager runs in and prints its interpreter:   venv.sh
#
# TWC_FOREIGN_VENV says where that environment lives and may be cached
# (default: target/foreign-master/venv below the current directory).
set -euo pipefail

fail() {
    echo "foreign-master: $*" >&2
    exit 1
}

# Absent tools are a failure, not a skip: a skipped check looks like a passed one.
command -v python3 >/dev/null ||
    fail "python3 not found; install it (Debian/Ubuntu: apt-get install python3 python3-venv)"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "needs Python 3.10 or newer, found $(python3 --version)"
python3 -c 'import venv, ensurepip' 2>/dev/null ||
    fail "python3 cannot make virtual environments; install them (Debian/Ubuntu: apt-get install python3-venv)"

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
venv=${TWC_FOREIGN_VENV:-$PWD/target/foreign-master/venv}

# The stamp is written last, so it is there only if the whole set-up worked, and
# it holds all that the set-up depends on.
stamp=$(python3 --version; cat "$here/requirements.txt")
if ! { [ "$stamp" = "$(cat "$venv/stamp" 2>/dev/null)" ] && "$venv/bin/python" -c ''; }; then
    # --clear empties the directory: never do that to one that is not ours.
    [ -f "$venv/pyvenv.cfg" ] || [ -z "$(ls -A "$venv" 2>/dev/null)" ] ||
        fail "$venv is neither empty nor a virtual environment; set TWC_FOREIGN_VENV to another place"
    echo "foreign-master: setting up $venv" >&2
    python3 -m venv --clear "$venv" >&2 || fail "could not create $venv (Debian/Ubuntu: apt-get install python3-venv)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --no-deps --only-binary :all: -r "$here/requirements.txt" >&2 || fail "pip could not install the pinned packages"
    printf '%s\n' "$stamp" >"$venv/stamp"
fi
echo "$venv/bin/python"
