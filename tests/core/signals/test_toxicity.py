"""The shipped model tells plain abuse from plain text, and its training script makes one from labels."""

import csv
import math

import numpy as np
import pytest

from core.signals.toxicity import Toxicity, _card, _data, _features, brick, train


def score(text):
    return float(Toxicity(model="fast").score([text])["toxicity"][0])


@pytest.mark.parametrize(
    "text",
    [
        "I am a Muslim woman.",
        "I am a gay man and I love my husband.",
        "My Jewish neighbours celebrate Passover in spring.",
        "She is a deaf immigrant from Mexico who works as a nurse.",
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software.",
        "def kill(process):\n    '''Send SIGKILL to the child process.'''\n    process.send_signal(9)",
        "The committee met on Tuesday to discuss the budget for the new library.",
    ],
)
def test_plain_text_scores_low(text):
    """Naming a group, a licence, code and minutes are not toxic."""
    assert score(text) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "You are a stupid worthless idiot, I hate you.",
        "Shut up, you disgusting piece of trash. Nobody wants you here, you filthy stupid pig.",
    ],
)
def test_plain_abuse_scores_high(text):
    """So is a long document with one such passage in it: the worst window decides."""
    prose = "The weather was fine and everybody went for a walk along the river. " * 20

    assert score(text) >= 0.5
    assert score(prose + text + " " + prose) >= 0.5
    assert score(prose) < 0.5


def test_identity_terms_alone_do_not_raise_the_score():
    """Of neutral sentences that no training template made, at most one in twenty passes the threshold."""
    scores = [score(sentence) for _, sentence in _data.identity_sentences(held_out=True)]

    assert np.mean(np.array(scores) >= 0.5) < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "1234 !!!",
        "Das ist ein ganz gewöhnlicher deutscher Satz über das Wetter.",
        "这是一个简单的句子。",
    ],
)
def test_what_it_does_not_know_has_no_score(text):
    """No words, or another language: a null, not a low score."""
    assert math.isnan(score(text))


def test_windows_hold_whole_sentences_where_they_fit():
    """Sentences are packed to 20 words; a longer one is cut every 20; nothing is lost."""
    cut = _features.split("one two three. " * 20 + "word " * 100)

    assert (cut.stops - cut.starts).tolist() == [18, 18, 18, 6, 20, 20, 20, 20, 20]
    assert len(cut.words) == 160


def test_links_and_names_are_not_words():
    """What only tweets have is taken out."""
    assert _features.split("RT @someone: see &amp; this https://example.org/x").words == ["see", "this"]


def test_calibration_error_and_area():
    """Scores that are the true shares have no error; a perfect order has area 1."""
    scores, toxic = (
        np.repeat([0.25, 0.75], 100),
        np.r_[np.arange(100) < 25, np.arange(100) < 75].astype(float),
    )

    assert pytest.approx(_card.calibration_error(scores, toxic, np.ones(200))) == 0
    assert _card.area(np.array([0.1, 0.9]), np.array([0, 1])) == 1


def few_documents(count, seed):
    """Stand for the standard library, which takes seconds to read."""
    for i in range(60):
        text = f"Return the number {i} of items that the list holds. Raise an error where it is empty."
        yield _data.Example(text, False, "standard library", ("train", "calibrate", "test")[i % 3])


def test_documentation_is_the_same_every_time():
    """Neutral text comes from docstrings of the standard library, the same for the same seed."""
    source = 'def area(w, h):\n    """Return the area."""\n    return w * h\n'

    assert ["", "Return the area."] == list(_data._docstrings(source))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train on made-up labels, in which only the word 'grumbog' is abuse."""
    labels, out = tmp_path_factory.mktemp("labels"), tmp_path_factory.mktemp("out")
    rng = np.random.default_rng(0)
    words = [f"{a}{b}" for a in ("ka", "lo", "mi", "ne", "pu") for b in ("ta", "ri", "so", "ve")]

    def sentence(toxic):
        drawn = list(rng.choice(words, size=8))
        return " ".join([*drawn, "grumbog"] if toxic else drawn)

    with (labels / "ethos_binary.csv").open("w", newline="") as file:
        rows = [(sentence(i % 2), i % 2) for i in range(200)]
        csv.writer(file, delimiter=";").writerows([("comment", "isHate"), *rows])
    with (labels / "davidson_2017.csv").open("w", newline="") as file:
        rows = [(sentence(i % 3 < 2), i % 3) for i in range(300)]
        csv.writer(file).writerows([("tweet", "class"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_data, "documentation", few_documents)
        train.main(["--labels", str(labels), "--out", str(out)])
    return labels, out


def test_training_learns_what_the_labels_say(trained):
    """The word that marks abuse in the labels raises the score, other words do not."""
    model = brick.load(trained[1] / "model.safetensors")

    assert model.probability("kata lori grumbog miso") > 0.8
    assert model.probability("kata lori miso neve") < 0.2


def test_card_holds_figures_and_no_text(trained):
    """Area and calibration error stand in the card, sentences of the labels do not."""
    card = (trained[1] / "CARD.md").read_text()

    assert "| ETHOS |" in card
    assert "Expected calibration error" in card
    assert "grumbog" not in card


def test_the_same_labels_give_the_same_bytes(trained, tmp_path, monkeypatch):
    """Training again writes the same model."""
    monkeypatch.setattr(_data, "documentation", few_documents)
    train.main(["--labels", str(trained[0]), "--out", str(tmp_path)])

    assert (trained[1] / "model.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()
