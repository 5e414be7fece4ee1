#!/bin/sh
# Puts schemathesis, which is Python's (3.10 or later), into a virtual environment: install.sh FOLDER. Quick where it is there.
set -eu
if ! python3 -c 'import ensurepip, venv' 2> /dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo 'missing here: python3 with venv (Debian, Ubuntu: sudo apt-get install python3-venv)' >&2
    exit 1
  fi
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=180 install python3-venv
fi
[ -x "$1/bin/pip" ] || python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$(dirname "$0")/requirements.txt"
