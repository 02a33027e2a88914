"""The demo's documents: enough, varied, always the same, and from nowhere but public folders."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.signals import SIGNALS
from core.sources import _environment, demo_sources, python_environment
from core.sources._environment import Found, Package
from core.sources.python_environment import PythonEnvironment, in_turn, share_out, without_homes
from core.types import Document

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def documents():
    """What the demo reads by default."""
    return list(demo_sources()[0].read())


def test_there_are_enough_of_every_kind(documents):
    """5,000 documents or more, six domains or more, each id once, nothing empty, none endless."""
    domains = Counter(document.source for document in documents)

    assert len(documents) >= 5000
    assert len(domains) >= 6
    assert min(domains.values()) >= 50
    assert len({document.id for document in documents}) == len(documents)
    assert all(document.text.strip() for document in documents)
    assert max(len(d.text) for d in documents if d.source != "messages") <= 6000


def test_there_is_what_the_stages_look_for(documents):
    """Near copies, junk (tables, numbers, code without words) and several languages are there."""
    openings = Counter(" ".join(document.text.split()[10:40]) for document in documents)
    junk = [d for d in documents if sum(map(str.isalpha, d.text)) < 0.4 * len(d.text)]
    languages = Counter(SIGNALS["language"]().score([d.text for d in documents])["language"].tolist())

    assert sum(count for count in openings.values() if count > 1) >= 200
    assert len(junk) >= 50
    assert len([name for name, count in languages.items() if name and count >= 3]) >= 8


def test_packages_take_turns(documents):
    """No package fills a domain: thirty and more give documents."""
    packages = Counter(d.fields["package"] for d in documents)

    assert len(packages) >= 30
    assert max(count for name, count in packages.items() if name != "python") < 0.2 * len(documents)


def test_no_path_of_this_machine_is_shown(documents):
    """Neither the environment's folder nor anybody's home stands in a text, an id or a field."""
    shown = [str(Path.home()) + "/", sys.prefix + "/", str(ROOT)]
    told = [f"{d.id}\n{json.dumps(dict(d.fields))}\n{d.text}" for d in documents]

    assert [] == [d.id for d, text in zip(documents, told, strict=True) for path in shown if path in text]


def test_the_same_machine_gives_the_same_documents():
    """Two readings are equal, and a smaller one is as large as it was asked to be."""
    source = PythonEnvironment(documents=300)

    assert 300 == len(list(source.read()))
    assert list(source.read()) == list(source.read())


AUDIT = """
import json, os, sys
from core.sources.python_environment import PythonEnvironment
from core.sources import _plain, _environment
opened = []
def hook(event, arguments):
    if event in ("open", "os.scandir", "os.listdir", "glob.glob", "pathlib.Path.glob") and arguments[0]:
        opened.append([event, os.fspath(arguments[0]) if not isinstance(arguments[0], int) else "fd"])
    elif event.split(".")[0] in ("socket", "subprocess", "urllib", "os") and event not in ("os.scandir", "os.listdir"):
        opened.append([event, "!"])
sys.addaudithook(hook)
documents = list(PythonEnvironment(documents=300).read())
print(json.dumps([len(documents), opened]))
"""


def test_nothing_is_opened_outside_the_public_folders(tmp_path):
    """An audit of every file and folder opened: the standard library, the environment, the documentation."""
    (tmp_path / "secret.py").write_text('"""private"""')
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", AUDIT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    count, opened = json.loads(done.stdout)
    allowed = tuple(f"{root.folder}/" for root in _environment.roots(system=True))

    assert count == 300
    assert len(opened) > 300
    assert [] == [one for one in opened if not f"{os.path.realpath(one[1])}/".startswith(allowed)]


def test_links_editable_installs_and_local_packages_are_passed_over(tmp_path, monkeypatch):
    """Only what an index gave is read: not a folder that a link or an editable install leads to."""
    site, private = tmp_path / "site", tmp_path / "private"
    for package, info in (("good", "{}"), ("mine", '{"url": "file:///home/me/mine"}')):
        (site / package).mkdir(parents=True)
        (site / package / "code.py").write_text("x = 1")
        (site / f"{package}-1.0.dist-info").mkdir()
        (site / f"{package}-1.0.dist-info" / "METADATA").write_text(f"Name: {package}\nLicense: MIT\n\nAbout")
        (site / f"{package}-1.0.dist-info" / "RECORD").write_text(f"{package}/code.py,,\n../../bin/x,,\n")
        (site / f"{package}-1.0.dist-info" / "direct_url.json").write_text(info)
    private.mkdir()
    (private / "own.py").write_text("secret = 1")
    (site / "linked").symlink_to(private)
    (site / "file.py").symlink_to(private / "own.py")
    (site / "__editable___own.py").write_text("secret = 2")
    (site / ".cache").mkdir()
    found = _environment.find([_environment.Root("site-packages", site)])

    assert ["site-packages/good-1.0.dist-info/METADATA", "site-packages/good/code.py"] == [
        f.path for f in found
    ]
    assert {Package("good", "MIT")} == {f.package for f in found}


@pytest.mark.parametrize(
    ("label", "path", "domain"),
    [
        ("site-packages", "a/b.py", "modules"),
        ("site-packages", "a-1.dist-info/METADATA", "package-descriptions"),
        ("site-packages", "a-1.dist-info/licenses/X", "licences"),
        ("site-packages", "a-1.dist-info/RECORD", None),
        ("site-packages", "a/LICENSE.txt", "licences"),
        ("site-packages", "a/licence_tools.py", "modules"),
        ("site-packages", "a/README.md", "documentation"),
        ("site-packages", "a/tests/x.txt", "data-files"),
        ("site-packages", "a/x.so", None),
        ("site-packages", "a/x.pyx", "native-code"),
        ("bin", "activate", "scripts"),
        ("share/man", "man1/ls.1.gz", "manual-pages"),
        ("share/man", "man1/index", None),
        ("share/doc", "tar/copyright", "licences"),
        ("share/locale", "de/LC_MESSAGES/tar.mo", "messages"),
    ],
)
def test_domains_by_path(label, path, domain):
    """A file's domain follows from its root, its folder and its name."""
    assert domain == _environment.domain_of(label, path)


def test_groups_in_turn_and_shares_made_up():
    """Every group gives one before any gives two; what one domain lacks the others give."""
    files = [
        Found(f"/{g}{i}", f"{g}{i}", "modules", Package(g), g)
        for g, n in (("a", 9), ("b", 2))
        for i in range(n)
    ]
    made = lambda name, count: iter([Document(f"{name}{i}", "t", name) for i in range(count)])  # noqa: E731
    taken = share_out({"modules": made("m", 1000), "docstrings": made("d", 3)}, 100)

    assert [{"a", "b"}, {"a", "b"}, {"a"}] == [
        {f.group for f in in_turn(files)[i : i + 2]} for i in (0, 2, 4)
    ]
    assert {"modules": 97, "docstrings": 3} == {name: len(found) for name, found in taken.items()}


def test_damaged_files_give_nothing(tmp_path):
    """A module that does not parse, a broken archive, a binary file, one too large: no document."""
    source = PythonEnvironment(max_file_bytes=5000)
    for domain, name, raw in [
        ("docstrings", "a.py", b'def broken(:\n    """' + b"word " * 50 + b'"""'),
        ("manual-pages", "a.1.gz", b"\x1f\x8b broken"),
        ("messages", "a.mo", b"\xde\x12\x04\x95 broken"),
        ("data-files", "a.txt", b"\0" * 500),
        ("data-files", "b.txt", b"\xff" * 500),
        ("data-files", "c.txt", b"a line\n" * 1000),
        ("documentation", "gone.md", None),
    ]:
        if raw is not None:
            (tmp_path / name).write_bytes(raw)
        found = Found(str(tmp_path / name), name, domain, Package("p"), "p")

        assert [] == list(source._parts(domain, found)), name


def test_homes_are_taken_out(monkeypatch):
    """The environment's and the person's folders are replaced wherever a text names them."""
    monkeypatch.setattr(python_environment.sys, "prefix", "/home/me/env")
    monkeypatch.setattr(python_environment.Path, "home", lambda: Path("/home/me"))

    assert (
        without_homes("#!/home/me/env/bin/python\n/home/me/x /home/you") == "#!/env/bin/python\n~/x /home/you"
    )
