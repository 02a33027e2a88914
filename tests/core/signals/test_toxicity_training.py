"""The script of the encoder's heads: what it trains on, what it keeps back, the same bytes every time."""

import csv
import hashlib

import numpy as np
import pytest
from safetensors.numpy import load_file

from core.signals.toxicity import (
    _data,
    _encoder,
    _encoder_card,
    _encoder_data,
    _groups,
    _passages,
    _suite,
    _templates,
    train_encoder,
)


def test_the_suite_is_held_out():
    """No sentence and no term of the suite is one to train on."""
    trained = {text.lower().strip(".!") for text, *_ in _templates.sentences(0, 6)}
    terms = {term for groups in _groups.TRAINED.values() for pair in groups for term in pair}
    kept = {term for groups in _groups.HELD_OUT.values() for pair in groups for term in pair}

    assert not trained & {case[3].lower().strip(".!") for case in _suite.cases()}
    assert not terms & kept


def test_templates_are_the_same_for_a_seed():
    """The same seed draws the same sentences, another seed others."""
    assert list(_templates.sentences(1, 1)) == list(_templates.sentences(1, 1))
    assert list(_templates.sentences(1, 1)) != list(_templates.sentences(2, 1))


def test_equal_texts_share_a_split():
    """Case and spaces do not move a text into another split."""
    assert _encoder_data.split("One  Text\n") == _encoder_data.split("one text")


def hashed(passage):
    """Stand for MiniLM, which takes minutes for all the templates: a number for each word's hash."""
    vector = np.zeros(1536, dtype=np.float32)
    for word in _passages.plain(passage).lower().split():
        vector[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 1536] += 1
    return vector


def write_labels(folder):
    """Made-up labels in which only the word 'grumbog' is hate, and 'zorb' marks religion."""
    rng = np.random.default_rng(0)
    words = [f"{a}{b}" for a in ("ka", "lo", "mi", "ne", "pu") for b in ("ta", "ri", "so", "ve")]
    drawn = [" ".join(rng.choice(words, size=8)) for _ in range(300)]
    names = (
        "violence;directed_vs_generalized;gender;race;national_origin;disability;religion;sexual_orientation"
    )
    with (folder / "ethos_binary.csv").open("w", newline="") as file:
        rows = [(f"{text} grumbog" if i % 2 else text, i % 2) for i, text in enumerate(drawn)]
        csv.writer(file, delimiter=";").writerows([("comment", "isHate"), *rows])
    with (folder / "ethos_multi_label.csv").open("w", newline="") as file:
        marks = [(f"{text} grumbog", *[i % 4 == 1] * 8) for i, text in enumerate(drawn) if i % 2]
        rows = [(row[0], *(int(mark) for mark in row[1:])) for row in marks]
        csv.writer(file, delimiter=";").writerows([("comment", *names.split(";")), *rows])
    with (folder / "davidson_2017.csv").open("w", newline="") as file:
        rows = [
            (f"{text} tweet grumbog" if i % 3 == 0 else f"{text} tweet", i % 3)
            for i, text in enumerate(drawn)
        ]
        csv.writer(file).writerows([("tweet", "class"), *rows])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train twice on the same made-up labels."""
    labels = tmp_path_factory.mktemp("labels")
    write_labels(labels)
    sentences = _templates.sentences
    outs = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_encoder, "features", hashed)
        patch.setattr(_data, "documentation", lambda count, seed: iter(()))
        patch.setattr(_templates, "sentences", lambda seed, each: sentences(seed, 1))
        patch.setattr(train_encoder, "EPOCHS", 4)
        patch.setattr(train_encoder, "NETWORKS", 2)
        for out in outs:
            train_encoder.main(["--labels", str(labels), "--out", str(out)])
    return outs


def test_the_same_labels_give_the_same_heads(trained):
    """Weights and card are the same bytes."""
    for name in ("encoder.safetensors", "ENCODER.md"):
        assert (trained[0] / name).read_bytes() == (trained[1] / name).read_bytes()


def test_training_learns_what_the_labels_say(trained):
    """The word that marks hate raises the score."""
    heads = _encoder.Heads(load_file(trained[0] / "encoder.safetensors"))
    bad, calm = (
        heads.judged(hashed(f"kata lori {word} miso neve")[None])[0, 0] for word in ("grumbog", "puta")
    )

    assert bad > calm + 0.2


def test_card_holds_figures_and_no_text(trained):
    """Areas, calibration and the suite stand in the card, sentences of the labels do not."""
    card = (trained[0] / "ENCODER.md").read_text()

    assert "| ETHOS, hate |" in card
    assert "Expected calibration error" in card
    assert "| macro |" in card
    assert "grumbog" not in card


def test_half_of_the_judged_mass_is_toxic():
    """Whatever the counts, each half weighs the same, and each origin within it."""
    kinds = [("ethos", 1.0), ("ethos", 0.0), ("ethos", 0.0), ("davidson hate", 0.9)]
    rows = [_encoder_data.Row("", toxic, _templates.NONE, origin, "test") for origin, toxic in kinds]

    assert [0.25, 0.25, 0.25, 0.25] == _encoder_card.judged_weights(rows).tolist()


def test_chance_alone_shows_some_calibration_error():
    """Less of it the more texts there are, none where every score is 0 or 1."""
    few, many = (_encoder_card.chance_error(np.full(n, 0.5), np.ones(n)) for n in (100, 10_000))

    assert few > 5 * many > 0
    assert _encoder_card.chance_error(np.array([0.0, 1.0]), np.ones(2)) == 0


def test_shipped_heads_are_small():
    """The file stays under five megabytes."""
    assert _encoder.HEADS.stat().st_size < 5_000_000
