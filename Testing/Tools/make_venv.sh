#!/bin/sh
# Make the virtual environment $1 with a Python that the pinned packages have wheels for, or say in one line what
# is missing.
set -eu

for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "${python:-}" ]; then
    echo "Python 3.11, 3.12 or 3.13 is needed and none is on the path: install one, or run 'make PYTHON=/path/to/it'." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)." >&2
    exit 1
fi
"$python" -m venv "$1"
