"""The batch script: what Slurm reads in it, what a shell makes of it, and that it trains."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.backend import read_run
from core.backend.places import Slurm
from core.errors import BadInputError, InterruptedRunError


@pytest.fixture
def slurm(tmp_path):
    """Make the place, with results in a folder whose name has a space and a quote."""

    def made(**keys):
        settings = {
            "out": tmp_path / "it's a run",
            "script": tmp_path / "job.sh",
            "gpus": 0,
            "python": sys.executable,
        }
        return Slurm(**settings | keys)

    return made


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Put a sbatch on the path that runs the script at once, with srun and scontrol beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    commands = {
        "sbatch": 'cd /; SLURM_JOB_ID=7 exec bash "${@: -1}"',
        "srun": 'shift; exec "$@"',
        "scontrol": f'echo "$@" >>{tmp_path}/scontrol',
    }
    for name, body in commands.items():
        (folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tmp_path


def directives(text):
    """The options of sbatch in a script."""
    found = dict(re.findall(r"^#SBATCH --([\w-]+)=(.*)$", text, re.MULTILINE))
    return found | dict.fromkeys(re.findall(r"^#SBATCH --([\w-]+)$", text, re.MULTILINE), "")


def test_the_settings_are_directives(slurm, tmp_path):
    """Those that are set, in sbatch's own names; requeued after preemption, its log written on."""
    place = slurm(nodes=2, gpus=4, cpus=32, memory="200G", time="2-00:00:00", partition="long", account="a1")

    assert {
        "job-name": "mixdesk", "output": "mixdesk-%j.log", "open-mode": "append", "nodes": "2",
        "ntasks-per-node": "1", "gpus-per-node": "4", "cpus-per-task": "32", "mem": "200G",
        "time": "2-00:00:00", "partition": "long", "account": "a1", "signal": "B:USR1@120", "requeue": "",
    } == directives(place.text(tmp_path / "manifest.json", tmp_path / "config.json"))  # fmt: skip


def test_an_array_has_a_folder_and_a_part_for_each_task(slurm, tmp_path):
    """No more at once than asked, a log each; the list is found from the folder of here."""
    place = slurm(tasks=12, at_once=3, work=("members", "--members", "my list.json"))
    text = place.text(tmp_path / "manifest.json", tmp_path / "config.json")

    assert ("0-11%3", "mixdesk-%A_%a.log") == tuple(directives(text)[key] for key in ("array", "output"))
    assert "it's a run".replace("'", "'\"'\"'") + '\'/part-"$SLURM_ARRAY_TASK_ID"' in text
    assert f"\ncd {shlex.quote(str(Path.cwd()))}\n" in text
    assert (
        "--members \\\n  'my list.json' \\\n  --parts \\\n  12 \\\n  --part \"$SLURM_ARRAY_TASK_ID\"" in text
    )


@pytest.mark.parametrize(
    "keys", [{}, {"gpus": 1}, {"gpus": 8}, {"nodes": 4, "gpus": 8}, {"tasks": 3}], ids=str
)
def test_shellcheck_finds_nothing(slurm, tmp_path, keys):
    """In any of its forms."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not on this machine")
    place = slurm(setup=("export NCCL_DEBUG=WARN",), **keys)
    text = place.text(tmp_path / "a manifest's.json", tmp_path / "config.json")
    done = subprocess.run(["shellcheck", "-"], input=text, capture_output=True, text=True, check=False)

    assert "" == done.stdout


@pytest.mark.parametrize(
    ("keys", "start"),
    [
        ({"gpus": 1}, "-m core.backend train"),
        ({"gpus": 4}, "-m torch.distributed.run --standalone --nproc-per-node=4"),
        ({"gpus": 4, "nodes": 2}, '-m torch.distributed.run --nnodes="$SLURM_JOB_NUM_NODES"'),
    ],
)
def test_several_gpus_have_a_process_each(slurm, tmp_path, keys, start):
    """By torchrun, whose processes meet on the first machine."""
    assert start in slurm(**keys).text(tmp_path / "m.json", tmp_path / "c.json")


def test_the_script_does_the_work(slurm, cluster, counter, manifest, config):
    """Through sbatch, from another folder, with a name to trip over."""
    place = slurm(python=counter(steps=2))
    run = place.submit(manifest, config)

    assert {"state": "done", "step": 2, "steps": 2} == run == read_run(place.out)


def test_time_that_is_nearly_up_puts_the_job_back(slurm, cluster, manifest, config):
    """The signal that sbatch was asked to send ends the work, and the queue has the job again."""
    sleeper = cluster / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    place = slurm(python=str(sleeper))
    place.write(manifest, config)
    place.script.write_text(place.script.read_text().replace("child=$!", 'child=$!\nkill -USR1 "$$"'))
    done = subprocess.run(["sbatch", place.script], capture_output=True, text=True, timeout=20, check=False)

    assert (0, "requeue 7\n") == (done.returncode, (cluster / "scontrol").read_text())


def test_a_job_that_fails_says_why(slurm, cluster, manifest, config, monkeypatch):
    """What sbatch said, where the run had no time to."""
    with pytest.raises(InterruptedRunError, match="no such module; the same command goes on"):
        slurm(setup=("echo no such module >&2; exit 3",)).submit(manifest, config)


def test_without_slurm_the_script_is_there(slurm, manifest, config, tmp_path, monkeypatch):
    """And the error says what to do with it."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        BadInputError, match=r"sbatch: is not on this machine; run `sbatch .*job.sh` where it is"
    ):
        slurm().submit(manifest, config)
    assert os.access(tmp_path / "job.sh", os.X_OK)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("job", "a b"), ("partition", "x\n#SBATCH --uid=0"), ("account", "-x"), ("time", "soon"), ("memory", "4 G"),
        ("nodes", 0), ("gpus", -1), ("cpus", 0), ("tasks", 0), ("at_once", 0), ("grace", 0), ("nodes", 2),
    ],
)  # fmt: skip
def test_what_sbatch_would_read_otherwise_is_refused(slurm, key, value):
    """In one line that names the setting."""
    with pytest.raises(BadInputError, match=f"^{value} nodes|^{key} "):
        slurm(**{key: value})
