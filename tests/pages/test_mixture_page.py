"""The Mixture page: faders, locks, presets, filters, stages, undo, saving, and the way to a trainer."""

import math
from pathlib import Path

import pytest

from core.errors import MixdeskError
from core.types import Mixture, parse_mixture


def weights(app):
    """The weights on the desk."""
    return app.session_state["desk.draft"].weights


def fader(app, name):
    return app.number_input(key=f"faders.number.None.{name}")


def test_fader_moves_and_the_others_keep_their_ratios(draw, workspace, check):
    """The sum stays 1, and the untouched domains stay in proportion."""
    app = draw("mixture")
    before = {name: fader(app, name).value for name in workspace.corpus("small").domains}
    fader(app, "code").set_value(50.0).run()
    check(app)
    now = weights(app)
    others = [name for name in before if name != "code"]

    assert math.isclose(0.5, now["code"], abs_tol=1e-6)
    assert math.isclose(1.0, sum(now.values()), abs_tol=1e-9)
    assert math.isclose(before[others[0]] / before[others[1]], now[others[0]] / now[others[1]], rel_tol=0.02)


def test_locked_fader_stays(draw, workspace, check):
    """A locked domain keeps its weight when another moves."""
    app = draw("mixture")
    app.button(key="faders.preset.uniform").click().run()
    app.button(key="faders.lock.books").click().run()
    fader(app, "code").set_value(60.0).run()
    check(app)

    assert math.isclose(1 / 3, weights(app)["books"], abs_tol=1e-6)


def test_undo_brings_each_change_back(draw, workspace, check):
    """Two presets and two undos leave the draft as it was."""
    app = draw("mixture")
    app.button(key="faders.preset.uniform").click().run()
    uniform = weights(app)
    app.button(key="faders.preset.temperature").click().run()
    app.button(key="handoff.undo").click().run()
    assert uniform == weights(app)
    app.button(key="handoff.undo").click().run()
    check(app)

    assert weights(app) is None
    assert app.button(key="handoff.undo").disabled


def test_budget_beyond_the_data_warns_of_repeats(draw, workspace, check):
    """Epochs stand beside the fader, and a budget beyond all data is refused in words."""
    app = draw("mixture")
    tokens = workspace.corpus("small").tokens
    app.number_input(key="course.budget.None").set_value(2 * tokens).run()
    check(app)
    assert any("repeat" in c.value for c in app.caption)
    app.number_input(key=f"course.budget.{2 * tokens}").set_value(1000 * tokens).run()
    check(app)

    assert any("beyond all data" in e.value for e in app.error)


def test_filter_is_added_and_removed(draw, workspace, check):
    """A filter that is typed in takes effect; bad SQL leaves the draft as it was and says why."""
    app = draw("mixture", desk="Filters and selection")
    name, keep = (
        next(w for w in app.text_input if w.label == label) for label in ("Name", "Keep documents for which")
    )
    name.input("long enough")
    keep.input("word_count >= 20")
    next(b for b in app.button if b.label == "Add").click().run()
    check(app)
    assert ["word_count >= 20"] == [one.keep for one in app.session_state["desk.draft"].filters]
    next(w for w in app.text_input if w.label == "Keep documents for which").input("no_such_column > 1")
    next(b for b in app.button if b.label == "Add").click().run()
    assert any("no_such_column" in e.value.replace("\\", "") for e in app.error)
    app.button(key="steps.filter.0.remove").click().run()
    check(app)

    assert () == app.session_state["desk.draft"].filters


def test_run_is_split_into_stages_with_faders_of_their_own(draw, workspace, check):
    """After a split, moving a fader of the second stage leaves the first."""
    app = draw("mixture", desk="Stages")
    app.button(key="timeline.split.go").click().run()
    check(app)
    assert [0.8, 1.0] == [stage.until for stage in app.session_state["desk.draft"].stages]
    app = draw("mixture", **{"desk.draft": app.session_state["desk.draft"]})
    second = app.segmented_control(key="faders.stage").options[-1]
    app.segmented_control(key="faders.stage").set_value(second).run()
    app.number_input(key="faders.number.1.code").set_value(70.0).run()
    check(app)
    first, last = app.session_state["desk.draft"].stages

    assert first.weights is None
    assert math.isclose(0.7, last.weights["code"], abs_tol=1e-6)


def test_saved_mixture_is_a_file_that_the_commands_read(draw, workspace, check):
    """What the button saves is the mixture on the desk."""
    app = draw("mixture")
    app.button(key="faders.preset.uniform").click().run()
    app.button(key="handoff.save").click().run()
    check(app)
    name = app.session_state["desk.draft"].name

    assert app.session_state["desk.draft"] == workspace.mixture(name)


def test_text_goes_to_the_desk_and_errors_are_shown(draw, workspace, check):
    """YAML of a person replaces the draft; a wrong key is named, and the draft stays."""
    app = draw("mixture", desk="YAML")
    area = app.text_area[0]
    area.set_value(area.value + "seed: 7\n").run()
    app.button(key="handoff.apply").click().run()
    check(app)
    assert 7 == app.session_state["desk.draft"].seed
    app.text_area[0].set_value(app.text_area[0].value + "sead: 8\n").run()
    app.button(key="handoff.apply").click().run()
    check(app)

    assert any("unknown key" in e.value for e in app.error)
    assert 7 == app.session_state["desk.draft"].seed


def test_sending_to_training_queues_export_then_training(draw, workspace, check):
    """Two jobs: the export of this very mixture, and the training that waits for it."""
    from core.jobs import Jobs

    app = draw("mixture", desk="Export and train")
    app.button(key="handoff.train").click().run()
    check(app)
    train, export = Jobs(workspace).jobs()

    assert ("export", "train") == (export.command[0], train.command[0])
    assert train.command[1].startswith(export.command[-1])
    assert app.session_state["desk.draft"] == parse_mixture(Path(export.command[1]).read_text(), "spec")


def test_formats_that_cannot_carry_the_mixture_say_so_before_the_click(draw, workspace, check):
    """Stages of other weights: Megatron stands last, marked, with its reason, and its buttons are off."""
    stages = [{"until": 0.5}, {"until": 1.0, "weights": {"code": 1.0}}]
    draft = Mixture.model_validate({"name": "staged", "corpus": "small", "stages": stages})
    app = draw("mixture", desk="Export and train", **{"desk.draft": draft, "desk.before": []})
    chosen = app.selectbox(key="handoff.format")
    assert ["jsonl", "parquet"] == chosen.options[:2]
    assert {"megatron (not for this mixture)", "nanotron"} <= set(chosen.options)
    assert not app.button(key="handoff.export").disabled
    chosen.set_value("megatron").run()
    check(app)

    assert any("keeps the same weights" in warning.value for warning in app.warning)
    assert any("litdata" in caption.value for caption in app.caption)
    assert app.button(key="handoff.export").disabled
    assert app.button(key="handoff.train").disabled


def test_a_formats_settings_travel_with_the_export(draw, workspace, check):
    """What is not left at its default, and never a path."""
    from core.jobs import Jobs

    app = draw("mixture", desk="Export and train")
    app.selectbox(key="handoff.format").set_value("mosaic").run()
    app.number_input(key="handoff.set.mosaic.sequence_length.2048").set_value(512).run()
    assert app.button(key="handoff.train").disabled
    app.button(key="handoff.export").click().run()
    check(app)
    command = Jobs(workspace).jobs()[0].command

    assert ("--set", "sequence_length=512") == command[-2:]
    assert not [text for text in app.text_input if text.key.startswith("handoff.set.mosaic.tokenizer")]


def test_mixture_of_another_corpus_is_refused(draw, workspace, check):
    """The desk holds one corpus at a time."""
    from pages.parts import desk

    app = draw("mixture", desk="YAML")
    area = app.text_area[0]
    area.set_value(area.value.replace("corpus: small", "corpus: other")).run()
    app.button(key="handoff.apply").click().run()
    check(app)

    assert app.error
    assert issubclass(MixdeskError, Exception)
    assert pytest.approx(1.0) == sum(desk.normal({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}).values())
