#!/bin/sh
# Makes or updates the virtual environment from the hashed locks: `environment.sh run` for the stack, `dev` for the
# tests and checks too. Does nothing when the locks and packages are those it installed last.
set -eu
cd "$(dirname "$0")/../../.."
kind=${1:?run or dev}
venv=.venv
stamp=$venv/.homeward-$kind
locks="requirements/services.txt requirements/laptop.txt"
[ "$kind" = run ] || locks="$locks requirements/dev.txt"
packages="shared services/spa-intake services/triage services/care-package services/readmission-monitor deploy/local"

fail() { echo "$1" >&2; exit 1; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Homeward needs Python 3.11 or newer and found none: install it, or name it with make PYTHON=/path/to/python."
}

fingerprint() {
    pyprojects=$(for package in $packages; do echo "$package/pyproject.toml"; done)
    # shellcheck disable=SC2086 # lists of files without spaces
    cat requirements/uv.txt $locks $pyprojects | "$venv/bin/python" -c \
        'import hashlib, os, sys; print(hashlib.sha256(sys.stdin.buffer.read() + os.getcwdb()).hexdigest())'
}

if ! [ -x $venv/bin/python ] || ! $venv/bin/python -c '' 2>/dev/null; then
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail \
        "$python cannot make virtual environments: install its venv module (on Debian: apt-get install python3-venv)."
    echo "Making the virtual environment with $("$python" --version)"
    "$python" -m venv --clear $venv || fail "The virtual environment could not be made in $(pwd)/$venv."
fi
[ "$(cat "$stamp" 2>/dev/null)" != "$(fingerprint)" ] || exit 0

unreachable="The Python packages could not be installed (see above). If the registry cannot be reached, check the
network or name a mirror with UV_DEFAULT_INDEX and PIP_INDEX_URL, then run the command again."
# uv reads no settings of pip: a mirror that is set for pip is meant for it too.
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
export VIRTUAL_ENV="$PWD/$venv" UV_NO_PROGRESS="${UV_NO_PROGRESS:-1}"
echo "Installing the pinned packages ($kind)"
$venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt ||
    fail "$unreachable"
requirements=$(for lock in $locks; do echo "-r $lock"; done)
editables=$(for package in $packages; do echo "-e ./$package"; done)
# shellcheck disable=SC2086 # lists of options without spaces
$venv/bin/uv pip install --quiet --no-config --require-hashes $requirements || fail "$unreachable"
# shellcheck disable=SC2086 # as above
$venv/bin/uv pip install --quiet --no-config --offline --no-deps --no-build-isolation $editables ||
    fail "The packages of this repository could not be installed (see above)."
fingerprint > "$stamp"
