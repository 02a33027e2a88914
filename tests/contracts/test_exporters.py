"""What every exporter promises: the plan's documents in files that stand in the manifest, and no stage lost."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.bricks import make, settings_of
from core.disk import file_sha256
from core.errors import BadInputError, MixdeskError
from core.exporters import EXPORTERS
from core.mix import resolve
from tests.core.exporters.small_exports import SETTINGS, STAGED, TEXTS
from tests.core.small_corpus import mixture, sized

DOMAINS = {"plain": [3, 1, 2], "a/b: ünlike\n": [5], "A/B": [7], "../..": [9, 4], "empty": [0]}


@pytest.fixture
def exporter(request):
    return make(EXPORTERS, request.param, SETTINGS[request.param])


def pytest_generate_tests(metafunc):
    if "exporter" in metafunc.fixturenames:
        metafunc.parametrize("exporter", list(EXPORTERS), indirect=True)


@pytest.fixture
def plan(tmp_path):
    return resolve(sized(tmp_path / "ws", DOMAINS), mixture())


def documents(domain):
    """Yield a domain's documents as tables of two and of one."""
    sizes = DOMAINS[domain]
    for start in range(0, len(sizes), 2):
        part = sizes[start : start + 2]
        names = [f"{domain}-{start + i}" for i in range(len(part))]
        yield pa.table(
            {
                "id": names,
                "text": pa.array([f"text of {name}" for name in names], pa.large_string()),
                "source": [domain] * len(part),
                "domain": [domain] * len(part),
                "tokens": pa.array(part, pa.int32()),
            }
        )


def rows_of(path):
    """Read a data file back, as the training backend may."""
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).read().to_pylist()
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_the_account_is_true(exporter, plan, tmp_path):
    """Every data file stands in it, with its rows, tokens and hash; nothing leaves the folder."""
    out = tmp_path / "out"
    out.mkdir()
    files = exporter.write(plan, documents, out)

    written = {str(p.relative_to(out)) for p in (out / "data").rglob("*") if p.is_file()}

    assert {d for d in DOMAINS if d != "empty"} == {file.domain for file in files}
    assert {file.path for file in files} == written
    for file in files:
        assert file.sha256 == file_sha256(out / file.path)
        if exporter.name in TEXTS:
            rows = rows_of(out / file.path)

            assert [row for table in documents(file.domain) for row in table.to_pylist()] == rows
            assert (file.rows, file.tokens) == (len(rows), sum(row["tokens"] for row in rows))


def test_names_are_safe_on_any_system(exporter, plan, tmp_path):
    """Letters, digits, dots, dashes; no two differ by case alone; no folder of its own."""
    tmp_path.joinpath("out").mkdir()
    paths = [Path(file.path) for file in exporter.write(plan, documents, tmp_path / "out")]

    assert {"data"} == {path.parts[0] for path in paths}
    assert all(set(str(path)) <= set("abcdefghijklmnopqrstuvwxyzAB0123456789.-_/") for path in paths)
    assert len(paths) == len({str(path).lower() for path in paths})


def test_stages_are_carried_or_refused(exporter, tmp_path):
    """Never silently averaged: a trainer that keeps its weights says so."""
    stages = [
        {"until": 0.5, "weights": {"a": 0.9, "b": 0.1}},
        {"until": 1.0, "weights": {"a": 0.1, "b": 0.9}},
    ]
    home = sized(tmp_path / "ws", {"a": [40] * 40, "b": [40] * 40})
    plan = resolve(home, mixture(weights={"a": 0.5, "b": 0.5}, stages=stages))
    tmp_path.joinpath("out").mkdir()

    def given(domain):
        yield pa.table(
            {"id": ["x"], "text": ["one text " * 40], "source": [domain], "domain": [domain], "tokens": [80]}
        )

    if exporter.name in STAGED:
        assert exporter.write(plan, given, tmp_path / "out")
    else:
        with pytest.raises(BadInputError, match="keeps the same weights for the whole of training"):
            exporter.write(plan, given, tmp_path / "out")


def test_bytes_are_the_same_again(exporter, plan, tmp_path):
    """One plan, one set of hashes."""
    found = []
    for name in ("1", "2"):
        tmp_path.joinpath(name).mkdir()
        found.append(exporter.write(plan, documents, tmp_path / name))

    assert found[0] == found[1]


def test_an_error_while_reading_goes_through(exporter, plan, tmp_path):
    """An exporter hides no failure."""

    def failing(domain):
        yield next(documents(domain))
        raise MixdeskError("gone")

    tmp_path.joinpath("out").mkdir()
    with pytest.raises(MixdeskError, match="gone"):
        exporter.write(plan, failing, tmp_path / "out")


def test_settings_survive_a_round_trip(exporter):
    """An exporter is its name and its settings."""
    assert exporter == make(EXPORTERS, exporter.name, settings_of(exporter))
