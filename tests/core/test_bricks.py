"""Bricks are made from names and settings as people type them."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pytest

from core.bricks import make, settings_of, signed_settings_of
from core.errors import BadInputError, NotFoundError


@dataclass(frozen=True, slots=True)
class Sieve:
    """A brick to make."""

    name: ClassVar[str] = "sieve"
    version: ClassVar[int] = 1
    size: int = 3
    share: float = 0.5
    label: str | None = None
    wet: bool = False
    mesh: Literal["fine", "coarse"] = "fine"


FACE = {"sieve": Sieve}


def test_settings_survive_a_round_trip():
    """What `settings_of` reads, `make` takes."""
    brick = make(FACE, "sieve", {"size": 7, "label": "x", "wet": True})

    assert brick == make(FACE, "sieve", settings_of(brick))


def test_text_becomes_the_field_s_type():
    """A form or a shell gives text; the field says what it means."""
    given = {"size": "7", "share": "0.25", "wet": "true", "mesh": "coarse"}

    assert Sieve(7, 0.25, None, True, "coarse") == make(FACE, "sieve", given)


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("seive", {}, NotFoundError, "did you mean 'sieve'"),
        ("sieve", {"sizes": 1}, BadInputError, "its settings: size, share, label, wet, mesh"),
        ("sieve", {"size": "many"}, BadInputError, "sieve.size = 'many': must be int"),
        ("sieve", {"size": float("inf")}, BadInputError, "sieve.size = inf: must be int"),
        ("sieve", {"label": True}, BadInputError, "sieve.label = True: must be str or none"),
        ("sieve", {"wet": "yes"}, BadInputError, "must be bool"),
        ("sieve", {"mesh": "gravel"}, BadInputError, "must be 'fine' or 'coarse'"),
    ],
)
def test_what_cannot_be_made_is_named(name, settings, error, message):
    """A wrong name or setting is answered with the right ones."""
    with pytest.raises(error, match=message):
        make(FACE, name, settings)


def test_private_field_is_no_setting():
    """Where a prepared model lies neither signs nor can be set; a file's path can be set, but does not sign."""

    @dataclass(frozen=True, slots=True)
    class Prepared:
        """A brick that reads a file and keeps what it made of it elsewhere."""

        name: ClassVar[str] = "prepared"
        size: int = 3
        words: str = field(default="", metadata={"file": True})
        compiled: str = field(default="", compare=False, metadata={"private": True})

    brick = Prepared(words="a.txt", compiled="/elsewhere")

    assert {"size": 3, "words": "a.txt"} == settings_of(brick)
    assert {"size": 3} == signed_settings_of(brick)
    assert brick == make({"prepared": Prepared}, "prepared", settings_of(brick))

    with pytest.raises(BadInputError, match="has no such setting; its settings: size, words"):
        make({"prepared": Prepared}, "prepared", {"compiled": "/mine"})
