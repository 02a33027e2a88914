"""A toxicity policy is a value: from scores to levels, from levels to what becomes of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

import yaml
from pydantic import Field, field_validator, model_validator

from core import plain_yaml
from core.errors import BadInputError
from core.types import CORPUS_NAME, Strict, checked

Level: TypeAlias = Literal["none", "mild", "toxic", "unscored"]
Action: TypeAlias = Literal["keep", "anneal", "rewrite", "drop"]
LEVELS: tuple[Level, ...] = get_args(Level)
ACTIONS: tuple[Action, ...] = get_args(Action)
MOST_EXCEPTIONS = 100


class Levels(Strict):
    """Where levels begin, by a document's total over the policy's columns.

    A document is toxic from a total of `toxic` on, mild from `mild` on; also mild where a single column
    reaches `mild_single`.
    """

    mild: float
    toxic: float
    mild_single: float | None = None

    @model_validator(mode="after")
    def _rising(self) -> Levels:
        if self.mild > self.toxic:
            raise ValueError(f"mild begins at {self.mild:g}, above toxic at {self.toxic:g}; lower it")
        return self


class Exempt(Strict):
    """Other levels or actions where an SQL condition over the corpus's columns holds, such as a domain."""

    name: str = Field(min_length=1, max_length=120)
    where: str = Field(min_length=1, max_length=4000)
    levels: Levels | None = None
    actions: dict[Level, Action] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _does_something(self) -> Exempt:
        if self.levels is None and not self.actions:
            raise ValueError(f"exception '{self.name}' changes nothing; give it levels or actions")
        return self


class Policy(Strict):
    """What becomes of documents by their toxicity.

    `columns` are scores; with `rounded` each is rounded to a whole level before they are added up. A
    document that lacks one of the scores is unscored. `exceptions` are tried in order, and the first
    whose condition holds decides.

    Actions: `keep` for training from its start, `anneal` (held back for the last stage, with a content
    warning before the text), `rewrite` (held back until somebody has rewritten it), `drop`.
    """

    name: str = Field(pattern=CORPUS_NAME.pattern)
    columns: tuple[str, ...] = Field(min_length=1, max_length=20)
    levels: Levels
    rounded: bool = False
    actions: dict[Level, Action] = Field(default_factory=dict)
    exceptions: tuple[Exempt, ...] = Field(default=(), max_length=MOST_EXCEPTIONS)
    note: str = ""

    @field_validator("columns")
    @classmethod
    def _each_once(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(columns)) < len(columns):
            raise ValueError("a column stands twice; name each once")
        return columns

    @model_validator(mode="after")
    def _names_differ(self) -> Policy:
        names = [one.name for one in self.exceptions]
        if len(names) != len(set(names)):
            raise ValueError("two exceptions have the same name; give each its own")
        return self

    def action(self, level: Level, exception: Exempt | None = None) -> Action:
        """Return what becomes of documents of a level; a level that nothing is said of is kept."""
        chosen = self.actions.get(level, "keep")
        return chosen if exception is None else exception.actions.get(level, chosen)

    def changed(self, update: Mapping[str, object]) -> Policy:
        """Return the policy with some keys changed.

        Raises:
            BadInputError: where a rule forbids it.
        """
        return checked(Policy, {**self.model_dump(mode="python"), **update}, "policy")


def parse_policy(text: str, where: str) -> Policy:
    """Read a policy from YAML or JSON; `where` (a path, a page) is named in the error.

    Raises:
        BadInputError: for what is no policy.
    """
    raw = plain_yaml.read(text, where)
    if not isinstance(raw, dict):
        raise BadInputError(where, "a policy is a map of keys", "start from `policy NAME --show`")
    return checked(Policy, raw, where)


def dump_policy(policy: Policy) -> str:
    """Write a policy as YAML, keys in their own order, nothing that is only a default."""
    return yaml.safe_dump(
        policy.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True
    )
