"""Another machine that is this one: a real sshd on the loopback, with its own keys, for one session of tests."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.backend.places import Ssh

STAND_IN = """#!/bin/sh
# Trains nothing: counts steps into run.json, from where it was, as a run does from its checkpoint.
case $* in
*-m\\ core.backend*) ;;
*) exec "{python}" "$@" ;;
esac
words=$*
while [ "$1" != --out ]; do shift; done
mkdir -p "$2" && cd "$2" || exit 1
echo "$words" >words
step=$(cat step 2>/dev/null || echo 0)
while [ "$step" -lt {steps} ]; do
  while [ "$step" -eq 3 ] && [ -n "{until}" ] && [ ! -e "{until}" ]; do sleep 0.05; done
  step=$((step + 1))
  echo "$step" >step
  echo '{{"state": "running", "step": '"$step"', "steps": {steps}}}' >.run && mv .run run.json
done
echo "$step" >>ends
if [ -n "{error}" ]; then echo "error: {error}" >&2; exit 2; fi
echo '{{"state": "done", "step": {steps}, "steps": {steps}}}' >.run && mv .run run.json
"""

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


def need(*programs):
    """Skip the test where a program is not installed, and say which."""
    for program in programs:
        if (SSHD if program == "sshd" else shutil.which(program)) is None:
            pytest.skip(f"{program} is not on this machine")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Start and stop the server: (ssh's configuration, start, stop)."""
    need("sshd", "ssh", "rsync", "ssh-keygen")
    home = tmp_path_factory.mktemp("sshd")
    for key in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / key], check=True)
    shutil.copyfile(home / "key.pub", home / "authorized")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/host\nAuthorizedKeysFile {home}/authorized\n"
        "PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
        "PermitRootLogin prohibit-password\nMaxStartups 100\n"
    )
    (home / "ssh config").write_text(
        f"Host elsewhere\nHostName 127.0.0.1\nPort {port}\nUser {getpass.getuser()}\nIdentityFile {home}/key\n"
        f"IdentitiesOnly yes\nUserKnownHostsFile {home}/known\nStrictHostKeyChecking accept-new\n"
        "KexAlgorithms curve25519-sha256\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    running = []

    def start():
        command = [SSHD, "-D", "-e", "-f", home / "sshd_config"]
        running.append(subprocess.Popen(command, stderr=(home / "log").open("ab")))
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if running[-1].poll() is not None:
                break
            time.sleep(0.05)
        pytest.skip(f"sshd does not start here: {(home / 'log').read_text()[-300:]}")

    def stop():
        while running:
            running[-1].terminate()
            running.pop().wait()

    start()
    yield home / "ssh config", start, stop
    stop()


@pytest.fixture
def elsewhere(server, tmp_path):
    """Make the place: a folder with a space and a quote in its name, on the machine `elsewhere`."""

    def made(**keys):
        settings = {
            "out": tmp_path / "run", "host": "elsewhere", "folder": f"{tmp_path}/there's one",
            "python": sys.executable, "ssh_config": server[0], "poll": 0.2, "patience": 20.0,
        }  # fmt: skip
        return Ssh(**settings | keys)

    return made


@pytest.fixture
def counter(tmp_path):
    """Make a Python that counts steps instead of training: what is looked at is the way there and back."""

    def made(steps=24, error="", until=""):
        path = tmp_path / "stand in"
        text = STAND_IN.format(python=sys.executable, steps=steps, error=error, until=until)
        if not path.exists() or text != path.read_text():  # a shell reads it as it goes along
            path.write_text(text)
            path.chmod(0o755)
        return str(path)

    return made


@pytest.fixture
def stand_in(elsewhere, counter):
    """A place elsewhere with such a Python; at its third step it waits for the file `until`."""

    def made(error="", until="", **keys):
        return elsewhere(python=counter(8, error, until), **keys)

    return made
