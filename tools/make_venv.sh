#!/bin/sh
# Make the virtual environment named in $1 with the newest Python found that is 3.11 or later.
# PYTHON=/path/to/python chooses one.
set -eu
venv=$1

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
    if good "$python"; then break; fi
    if [ -n "${PYTHON:-}" ]; then python=; break; fi
    python=
done

if [ -z "$python" ]; then
    echo "gradatim: no Python 3.11 or newer was found${PYTHON:+ at PYTHON=$PYTHON}" >&2
    echo "  next:  install Python 3.11 or newer, or name it: make PYTHON=/path/to/python setup" >&2
    exit 2
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "gradatim: $python cannot make virtual environments (its venv or ensurepip module is missing)" >&2
    echo "  next:  on Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 2
fi

"$python" -m venv "$venv"
