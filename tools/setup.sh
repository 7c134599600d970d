#!/bin/sh
# Makes the environment in which everything else runs: sh tools/setup.sh FOLDER
# Needs Python 3.11 or later. What else is missing it installs if it may, or says in a sentence.
set -eu

venv=$1
say() { printf '%s\n' "$*" >&2; }

# As root, or with a sudo that asks for a password only where there is somebody to type it.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# Debian, Ubuntu and Raspberry Pi OS. Says what to do where that cannot be done here.
install() {
    if command -v apt-get >/dev/null; then
        say "Installing $* … 正在安装 $*……"
        log=$(mktemp)
        if { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1; then
            rm -f "$log"
            return
        fi
        cat "$log" >&2
        rm -f "$log"
        say "Please run: sudo apt-get install $*   请先执行这条命令，再重新 make。"
    else
        say "Please install $* and run make again. 请先安装 $*，再重新 make。"
    fi
    exit 1
}

python=
for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null &&
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    say "Python 3.11 or later is needed. 需要 Python 3.11 或更高版本。"
    exit 1
fi

# Debian keeps what a virtual environment needs in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install "$("$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")')"
fi

# Debian's Mosquitto starts a broker of its own on port 1883, open to this machine only. We use
# a private one on another port, so that one is not our business.
if ! PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto >/dev/null; then
    install mosquitto
fi

# The tests make certificates with it.
command -v openssl >/dev/null || install openssl

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
say "Installing Python packages into $venv … 正在安装 Python 软件包……"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[test]'
