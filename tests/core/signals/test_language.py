"""Languages are told apart with the model that ships in a package."""

import math
import socket

import pytest

from core.signals.language import Language


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("en", "This is a plain English sentence\nabout the weather in spring."),
        ("de", "Das ist ein einfacher deutscher Satz über das Wetter im Frühling."),
        ("fr", "Ceci est une phrase française toute simple sur le temps au printemps."),
        ("zh", "这是一个关于春天天气的简单句子。"),
        ("ru", "Это простое предложение о погоде весной."),
        ("en", "THIS NOTICE IS WRITTEN IN CAPITAL LETTERS FOR EVERYBODY TO READ"),
    ],
)
def test_common_languages(expected, text):
    """Each is named by its ISO code, with confidence."""
    found = Language().score([text])

    assert expected == found["language"][0]
    assert 0.5 < found["language_confidence"][0] <= 1


def test_no_letters_no_language():
    """Numbers and signs are in no language."""
    found = Language().score(["1 + 1 = 2", "", "..."])

    assert found["language"].tolist() == [None, None, None]
    assert all(map(math.isnan, found["language_confidence"]))


def test_needs_no_network(monkeypatch):
    """The model is read from the package: no connection is opened."""

    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert Language(max_chars=321).score(["The model comes with the package."])["language"][0] == "en"
