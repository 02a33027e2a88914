"""The Training page's experiments: started, followed, seen, and their weights put on the desk."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core.backend import Config, train
from core.backend.__main__ import app as backend
from core.backend.experiments import EXPERIMENTS, Bench, run_experiment
from core.export import export
from core.take import take
from core.types import Mixture
from core.workspace import Workspace
from pages.parts import state
from tests.pages.conftest import ROOT, checked, pointed

CONFIG = Config(
    context=32, batch_size=4, tokens=6 * 128, vocabulary=300, mixture_block=16, eval_every=6,
    checkpoint_every=6, validation_tokens=256, device="cpu",
)  # fmt: skip
ASKED = {
    "sweep": {"models": 6, "anchors": 2},
    "experts": {},
    "mix-experts": {"candidates": 4},
    "merge": {"candidates": 4, "check": 2},
    "leave-one-out": {"share": 0.5, "seeds": 2},
    "compare": {"second": "books=0.9,code=0.1", "seeds": 2},
}


@pytest.fixture(scope="module")
def asked(prepared, tmp_path_factory):
    """A workspace with an export and every experiment that trains on one, done by tiny models."""
    folder = tmp_path_factory.mktemp("asked") / "workspace"
    shutil.copytree(prepared, folder)
    home = Workspace(folder)
    weights = {"books": 0.5, "code": 0.5}
    mixture = Mixture.model_validate(
        {"name": "two", "corpus": "small", "weights": weights, "budget": {"tokens": 1000}}
    )
    export(home, mixture, "jsonl", home.exports / "two")
    for name, settings in ASKED.items():
        bench = Bench(home.exports / "two" / "manifest.json", CONFIG, home.runs / f"{name}-two")
        run_experiment(EXPERIMENTS[name](**settings), bench)
    return folder


@pytest.fixture
def page(asked, tmp_path, monkeypatch):
    """The Training page's second tab, on a copy of that workspace; jobs do not start."""
    folder = tmp_path / "workspace"
    shutil.copytree(asked, folder)
    pointed(folder, monkeypatch)
    app = AppTest.from_file(str(ROOT / "pages" / "training.py"), default_timeout=60)
    app.query_params["training"] = "Experiments"
    return checked(app.run())


def choose(page, name):
    """Choose an experiment to look at."""
    page.selectbox(f"experiments.chosen.{len(ASKED)}").set_value(f"{name}-two").run()
    assert [] == [error.message for error in page.exception]


@pytest.mark.parametrize("name", ASKED)
def test_every_experiment_is_drawn(page, name):
    """Each kind has its view, and no warning that it has none."""
    choose(page, name)

    assert any("done-badge" in one.value or "[done]" in one.value for one in page.markdown)
    assert not any("has no view of its own" in one.value for one in page.caption)


def test_a_sweep_says_how_many_and_how_noisy(page):
    """Six mixtures of which two are the same show what the seed alone does."""
    choose(page, "sweep")
    numbers = {one.label: one.value for one in page.metric}

    assert numbers["Mixtures trained"] == "6"
    assert 0 < float(numbers["Seeds alone differ by"]) < 1


def test_weights_are_proposed_and_put_on_the_desk(page):
    """A proposal's weights come to the desk in the mixture that was exported."""
    choose(page, "sweep")
    page.button("proposal.asked.sweep-two.button").click().run()
    page.button("proposal.put.sweep-two").click().run()
    draft = page.session_state["desk.draft"]

    assert draft.corpus == "small"
    assert set(draft.weights) == {"books", "code"}
    assert sum(draft.weights.values()) == pytest.approx(1)


def test_starting_one_queues_its_command(page):
    """The form's button queues the experiment with its settings, and says first what it will take."""
    page.selectbox("experiments.what.name").set_value("leave-one-out").run()
    page.number_input("experiments.config.tokens").set_value(8192).run()
    words = next(one.value for one in page.caption if "models," in one.value)
    page.button("experiments.run").click().run()
    (job,) = state.jobs().jobs()

    assert words.startswith("12 models")
    assert job.command[:2] == ("backend", "leave-one-out")
    assert ("--share", "0.2") in zip(job.command, job.command[1:], strict=False)
    assert "--stack" in job.command


def test_a_target_that_names_a_file_is_refused(page):
    """A browser names no files of the machine: weights are written out."""
    page.selectbox("experiments.what.name").set_value("mix-experts").run()
    page.text_input("experiments.what.mix-experts.target").set_value("/etc/passwd").run()

    assert any("is no weights" in one.value for one in page.error)
    assert not any(one.key == "experiments.run" for one in page.button)


def test_a_run_is_asked_about_documents_and_the_answers_taken(page, check):
    """Two jobs: the losses by document, then what hangs them beside the corpus; means and map links follow."""
    home = state.workspace()
    manifest = home.exports / "two" / "manifest.json"
    train(manifest, CONFIG, home.runs / "one")
    page.query_params["training"] = "Documents"
    check(page.run())
    page.button("singles.losses").click().run()
    take_job, ask_job = state.jobs().jobs()
    backend(["documents", str(home.runs / "one")], standalone_mode=False)
    take(home, "small", home.runs / "one")
    check(page.run())

    assert ask_job.command == ("backend", "documents", str(home.runs / "one"))
    assert take_job.command == ("take", "small", str(home.runs / "one"))
    assert any("el2n" in one.value.columns for one in page.dataframe)


def test_training_elsewhere_is_the_launch_command(page):
    """An experiment sent over SSH is queued as `launch` with the experiment behind it."""
    page.selectbox("experiments.what.name").set_value("experts").run()
    page.number_input("experiments.config.tokens").set_value(8192).run()
    page.selectbox("experiments.where.kind").set_value("ssh").run()
    page.button("experiments.run").click().run()
    assert any("needs a machine" in one.value for one in page.error)
    page.text_input("experiments.where.host").set_value("gpu-box").run()
    page.button("experiments.run").click().run()
    (job,) = state.jobs().jobs()

    assert job.command[:2] == ("backend", "launch")
    assert ("--on", "ssh:gpu-box") in zip(job.command, job.command[1:], strict=False)
    assert job.command[-3:] == ("--", "experts", "--stack")


def test_many_warnings_stand_under_one_heading(page):
    """The result stays in sight; every warning can still be read."""
    path = state.workspace().runs / "sweep-two" / "experiment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "warnings": ["one", "two", "three"]}))
    choose(page, "sweep")

    assert [] == [one.value for one in page.warning]
    assert "3 things to beware of" in [one.label for one in page.expander]
    assert {"- one", "- two", "- three"} <= {one.value for one in page.markdown}
