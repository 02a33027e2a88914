"""Training on another machine over SSH: what is sent, what comes back, and what a lost line costs."""

import os
import shutil
import signal
import threading
import time

import pytest

from core.backend import read_metrics, read_run
from core.backend.places import _remote, ssh, there
from core.backend.places._code import code_files
from core.errors import BadInputError, InterruptedRunError


def at_step(step, act):
    """A progress that does something once, when training there has come to a step."""
    done = []

    def told(at, total, message=""):
        if message.startswith("training on") and at >= step and not done:
            done.append(at)
            act()

    return told


def test_comes_to_the_same_losses_with_the_files_sent_alone(elsewhere, finished, manifest, config, tmp_path):
    """To the bit; code, data and results are all that is there, and no key."""
    place = elsewhere()
    run = place.submit(manifest, config)
    folder = tmp_path / "there's one"
    (code,) = (folder / "code").iterdir()
    sent = {p.relative_to(code).as_posix() for p in code.rglob("*.py")}

    assert finished[0]["losses"] == run["losses"]
    assert run == read_run(place.out) == elsewhere(port=1).submit(manifest, config)  # no line is needed now
    assert [line["losses"] for line in read_metrics(finished[1])] == [
        line["losses"] for line in read_metrics(place.out)
    ]
    assert set(code_files()) == sent
    assert (finished[1] / "model/model.safetensors").read_bytes() == (
        place.out / "model/model.safetensors"
    ).read_bytes()
    assert not {"data", "checkpoint.safetensors"} & {entry.name for entry in place.out.iterdir()}
    assert not [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


def test_survives_a_lost_line_and_a_kill(stand_in, server, manifest, config, tmp_path):
    """The line goes for a second and comes back; the run is killed and goes on from where it was."""
    _, start, stop = server
    folder, go, said = tmp_path / "there's one", tmp_path / "go", []

    def break_line():
        stop()
        threading.Timer(0.7, start).start()
        os.killpg(int((folder / "job.process").read_text()), signal.SIGKILL)
        go.touch()

    act = at_step(1, break_line)
    place = stand_in(
        until=go, progress=lambda done, total, message="": (said.append(message), act(done, total, message))
    )

    assert {"state": "done", "step": 8, "steps": 8} == place.submit(manifest, config)
    assert "no connection to elsewhere, trying again" in said
    assert "the run died on elsewhere; starting it from its last checkpoint" in said
    assert "8\n" == (folder / "run/ends").read_text()


def test_a_lost_line_leaves_the_run_and_a_cancel_no_process(stand_in, server, manifest, config, tmp_path):
    """Where patience ends, the run goes on and is found again; a cancelled one can be taken up again."""
    _, start, stop = server
    go, said = tmp_path / "go", []

    with pytest.raises(InterruptedRunError, match="goes on, and the same command finds it again"):
        stand_in(until=go, patience=0.1, progress=at_step(1, stop)).submit(manifest, config)
    process = int((tmp_path / "there's one/job.process").read_text())
    assert there.lives(process)
    start()
    cancelling = at_step(1, lambda: said.append(stand_in(until=go).cancel()))
    with pytest.raises(InterruptedRunError, match="was cancelled; the same command goes on with it"):
        stand_in(until=go, progress=cancelling).submit(manifest, config)
    assert process == int((tmp_path / "there's one/job.process").read_text())
    assert [True, False] == [*said, stand_in(until=go).cancel()]
    assert not there.lives(process)
    go.touch()
    assert "done" == stand_in(until=go).submit(manifest, config)["state"]
    assert "8\n" == (tmp_path / "there's one/run/ends").read_text()


def test_a_folder_with_other_work_under_way_is_refused(stand_in, manifest, config, tmp_path):
    """Whatever it is; it goes on."""
    folder = tmp_path / "there's one"
    folder.mkdir()
    request = {"key": "other", "code": ".", "files": {}, "command": ["sleep", "60"]}
    there.start(folder, request)

    with pytest.raises(BadInputError, match="other work is going on in it on elsewhere"):
        stand_in().submit(manifest, config)
    assert there.status(folder)["running"]
    assert there.cancel(folder)["cancelled"]


def test_files_that_the_work_names_are_sent(stand_in, manifest, config, tmp_path):
    """A list of members, and another export with its own files; other words stay as they are."""
    other = tmp_path / "other"
    shutil.copytree(manifest.parent, other)
    (other / "manifest.json").write_text((other / "manifest.json").read_text() + " ")
    (tmp_path / "members.json").write_text("[]")
    work = ("stack", f"--members={tmp_path}/members.json", str(other / "manifest.json"), "--part", "0")
    stand_in(work=work).follow(manifest, config)
    folder = tmp_path / "there's one"
    words = (folder / "run/words").read_text().split()
    (list_, export) = (word.removeprefix("--members=").removeprefix("../../") for word in words[-4:-2])

    assert "[]" == (folder / list_).read_text()
    assert (other / "manifest.json").read_bytes() == (folder / export).read_bytes()
    assert {p.name for p in (other / "data").iterdir()} == {
        p.name for p in (folder / export).parent.glob("data/*")
    }
    assert ["--part", "0"] == words[-2:]


def test_what_goes_wrong_there_is_said_here(elsewhere, stand_in, manifest, config, monkeypatch, tmp_path):
    """In one line: no such Python, bad input as the run has it, a package that it lacks."""
    with pytest.raises(BadInputError, match="/no/python: is no program on elsewhere; name one that is there"):
        elsewhere(python="/no/python").submit(manifest, config)
    with pytest.raises(BadInputError, match=r"elsewhere: cuda:7 is not there; look at .*/job.log there"):
        stand_in(error="cuda:7 is not there").submit(manifest, config)
    monkeypatch.setattr(ssh, "code_packages", lambda files: ("numpy", "no_such_package"))
    with pytest.raises(BadInputError, match="lacks no_such_package on elsewhere; install them there"):
        elsewhere(out=tmp_path / "other").submit(manifest, config)


def test_only_what_changed_is_sent_and_what_broke_goes_on(server, tmp_path):
    """A file that is there with its time and size stays the same file; others come whole."""
    remote = _remote.Remote("elsewhere", str(tmp_path / "a b;c"), ssh_config=server[0])
    here, far = tmp_path / "here", tmp_path / "a b;c/x"
    here.mkdir()
    far.mkdir(parents=True)
    for name in ("#one", "two words", "-three"):
        (here / name).write_text(name)
    remote.push(here, ["#one", "two words", "-three"], "x")
    before = {path.name: path.stat().st_ino for path in far.iterdir()}
    (here / "two words").write_text("and more")
    remote.push(here, ["#one", "two words", "-three"], "x")
    after = {path.name: path.stat().st_ino for path in far.iterdir()}

    assert {"#one", "two words", "-three"} == set(after)
    assert {"two words"} == {name for name in before if before[name] != after[name]}
    assert "and more" == (far / "two words").read_text()
    remote.pull("x", tmp_path / "back")
    assert "-three" == (tmp_path / "back/-three").read_text()


def test_a_machine_that_does_not_answer_is_said_at_once(elsewhere, server, manifest, config):
    """At the first word; later a lost line is waited for."""
    began = time.monotonic()

    with pytest.raises(BadInputError, match=r"ssh does not reach it .*mend what `ssh elsewhere true` says"):
        elsewhere(port=1, patience=60.0).submit(manifest, config)
    assert 10 > time.monotonic() - began


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=touch x", "a b", "", "a;b", "u@-x", "a@b@c", "$(x)", "a\nb", "x:y"]
)
def test_what_is_no_host_is_refused(tmp_path, host):
    """Above all what ssh would take for an option."""
    with pytest.raises(BadInputError, match=r"a host is .*give it a name in ~/.ssh/config"):
        ssh.Ssh(tmp_path, host, "run")


@pytest.mark.parametrize("folder", ["", " ", "-x", "~/runs", "a\nb"])
def test_what_is_no_folder_there_is_refused(tmp_path, folder):
    """An option, a home folder that nobody would resolve, a line break."""
    with pytest.raises(BadInputError, match="a folder there is a path"):
        ssh.Ssh(tmp_path, "host", folder)


@pytest.mark.parametrize(("key", "value"), [("python", "-c"), ("python", ""), ("processes", 0)])
def test_what_cannot_start_is_refused(tmp_path, key, value):
    """Before any connection is made."""
    with pytest.raises(BadInputError):
        ssh.Ssh(tmp_path, "host", "run", **{key: value})


def test_other_files_are_left_alone(elsewhere, manifest, config):
    """Results never mix with what was in the folder."""
    place = elsewhere()
    place.out.mkdir()
    (place.out / "mine").write_text("mine")

    with pytest.raises(BadInputError, match="is not empty and holds nothing of a run elsewhere"):
        place.submit(manifest, config)
    assert "mine" == (place.out / "mine").read_text()
