"""The encoder's heads know who is meant and what is denied or quoted."""

import math
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from core.errors import BadInputError
from core.signals.toxicity import Toxicity, ToxicityDimensions, _encoder, _judge, _suite
from core.signals.toxicity._linear import load

ABUSE = "You are a stupid worthless idiot, I hate you."
PROSE = "The weather was fine and everybody went for a walk along the river. "


def score(text, **settings):
    return float(Toxicity(model="encoder", **settings).score([text])["toxicity"][0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no words"),
        ("1234 !!!", "no words"),
        ("Das ist ein ganz gewöhnlicher deutscher Satz über das Wetter.", "language not covered"),
        ("这是一个简单的句子。", "language not covered"),
        ("The committee met on Tuesday.", None),
    ],
)
def test_what_has_no_score_has_a_reason(text, reason):
    """A null, not a low score, from both models and in every dimension."""
    levels = ToxicityDimensions().score([text])

    assert reason == Toxicity().why_null(text)
    assert {reason is not None} == {math.isnan(values[0]) for values in levels.values()}
    assert math.isnan(score(text)) == (reason is not None)


def test_one_bad_sentence_marks_a_document_and_is_found():
    """The worst passage decides, and spans point at the sentence."""
    text = PROSE * 20 + ABUSE + " " + PROSE * 20

    assert score(text) >= 0.5 > score(PROSE * 20)
    assert [ABUSE] == [text[a:b] for a, b, _ in Toxicity(model="encoder").spans(text)]
    assert [] == Toxicity(model="encoder").spans(PROSE)
    assert [] == Toxicity().spans("这是一个简单的句子。")


def test_fast_spans_point_at_the_sentence():
    """The fast model marks sentences in the same way."""
    text = PROSE * 5 + ABUSE + " " + PROSE * 5

    assert ABUSE in [text[a:b] for a, b, _ in Toxicity().spans(text)]


def test_hidden_spelling_scores_as_plain_spelling():
    """Digits for letters change nothing."""
    assert pytest.approx(score(ABUSE), abs=1e-3) == score("Y0u are a stup1d w0rthless idi0t, I h4te you.")


def test_a_huge_document_is_judged_in_bounded_time():
    """Fifty megabytes take seconds, and a bad sentence at their end is seen."""
    text = PROSE * 735_000 + ABUSE
    began = time.perf_counter()

    assert score(text) >= 0.5
    assert time.perf_counter() - began < 60


def shares_right(categories, step=5):
    """Share of every fifth held-out case of some categories on the right side of the threshold."""
    chosen = [case for case in _suite.cases() if case[0] in categories][::step]
    return np.mean([(score(case[3]) >= 0.5) == case[1] for case in chosen])


def test_groups_alone_do_not_raise_the_score():
    """Neutral and positive sentences of held-out templates about held-out groups pass."""
    assert shares_right(("neutral mention", "positive mention")) > 0.9


@pytest.mark.parametrize(
    ("categories", "least"),
    [
        (("counter-speech, quoted", "counter-speech, referred to"), 0.6),
        (("reclaimed", "clinical", "fiction", "disagreement"), 0.7),
        (("derogation", "threat", "slangy insult"), 0.6),
    ],
)
def test_held_out_functions(categories, least):
    """Quotation, reclaimed words and clinical use pass; hatred and threats are marked."""
    assert shares_right(categories, 7 if least == 0.6 else 1) > least


def test_levels_follow_the_group_that_is_attacked():
    """The dimension attacked has the highest level, and a plain sentence none."""
    hateful = {
        "toxicity_religion": "All Muslims are filthy animals.",
        "toxicity_gender_sex": "Women are inferior and worthless.",
        "toxicity_race_origin": "Get these dirty Mexicans out of here, they are vermin.",
    }
    for column, text in hateful.items():
        levels = {name: values[0] for name, values in ToxicityDimensions().score([text]).items()}

        assert column == max(levels, key=levels.get)
        assert 1 < levels[column] <= 3
    assert all(values[0] < 0.5 for values in ToxicityDimensions().score([PROSE]).values())


def test_settings_that_cannot_be():
    """An unknown model and no passages are refused."""
    with pytest.raises(BadInputError, match="no such toxicity model"):
        Toxicity(model="best")
    with pytest.raises(BadInputError, match="at least 1"):
        Toxicity(max_passages=0)
    with pytest.raises(BadInputError, match="at least 1"):
        ToxicityDimensions(max_passages=0)


def test_the_passages_read_are_those_the_fast_model_fears(monkeypatch):
    """Of many passages, only as many as the setting says are encoded, and a passage only once."""
    read = []
    monkeypatch.setattr(_encoder, "features", lambda p: read.append(p) or np.zeros(1536, np.float32))
    monkeypatch.setattr(_encoder, "heads", lambda: _encoder.Heads(load_file(_encoder.HEADS)))
    text = "\n".join(f"{PROSE * 3} Number {i}." for i in range(50)) + ABUSE

    _judge.encoded(text, 3, every=True)
    assert len(set(read)) == len(read) == 3
    assert any(ABUSE in passage for passage in read)

    read.clear()
    monkeypatch.setattr(_encoder, "heads", lambda: _encoder.Heads(load_file(_encoder.HEADS)))
    _judge.encoded(text, 3, every=False)
    assert [True] == [ABUSE in passage for passage in read]


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("The boat lay still in the harbour and the men slept.", True),
        ("My neighbours are M u s l i m s.", True),
        ("You are a stupid worthless idiot.", True),
        ("The boat lay still in the harbour.", False),
    ],
)
def test_a_passage_is_read_where_it_names_a_group_or_is_suspect(monkeypatch, text, is_read):
    """The fast model's score stands for any other, and is low."""
    read = []
    monkeypatch.setattr(_encoder, "features", lambda p: read.append(p) or np.zeros(1536, np.float32))
    monkeypatch.setattr(_encoder, "heads", lambda: _encoder.Heads(load_file(_encoder.HEADS)))
    found = _judge.encoded(text, 8, every=False)

    assert is_read == bool(read)
    assert is_read or (found[0] == pytest.approx(load().probability(text)) and found[0] < _judge.SUSPECT)
