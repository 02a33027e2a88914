"""A mixture: the value that people write, in YAML or JSON, the same on a page and on the command line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core import plain_yaml
from core.errors import BadInputError

CORPUS_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
Value = TypeVar("Value", bound=BaseModel)
_POWER = re.compile(r"\d+(\.\d+)?[eE]\+?\d{1,2}")  # which YAML takes for text
_RULES = {  # by pydantic's names of errors
    "string_type": "is text; put it in quotes",
    "string_pattern_mismatch": "is 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit",
    "model_type": "is a map of keys",
    "dict_type": "is a map of keys",
    "tuple_type": "is a list",
    "int_type": "is a whole number",
    "int_parsing": "is a whole number",
    "int_from_float": "is a whole number",
}


class Strict(BaseModel):
    """A value that knows all its keys, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Filter(Strict):
    """A row of the waterfall: documents for which the SQL expression `keep` is true stay."""

    name: str = Field(min_length=1, max_length=120)
    keep: str = Field(min_length=1, max_length=4000)


class Dedup(Strict):
    """Keep one document of every group of duplicates, corpus-wide or inside each source."""

    method: str = "minhash"
    scope: Literal["global", "local"] = "global"


class Selection(BaseModel):
    """Which of the remaining documents to take: a selector's name and its settings."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)
    method: str


class Budget(Strict):
    """How many tokens the trainer is to see; `5e9` is a whole number, too."""

    tokens: int = Field(gt=0)

    @field_validator("tokens", mode="before")
    @classmethod
    def _in_powers_of_ten(cls, value: object) -> object:
        return float(value) if isinstance(value, str) and _POWER.fullmatch(value) else value


class Order(Strict):
    """A curriculum: documents come by a column's values, the least first, those without a value last."""

    by: str = Field(min_length=1)
    descending: bool = False


class Stage(Strict):
    """What holds until the given share of training is through: weights, an order, and whether there is a preface.

    Without an order, documents come in the seeded one. `preface: false` leaves out the text that the mixture's
    `preface` puts before each document.
    """

    until: float = Field(gt=0, le=1)
    weights: dict[str, float] | None = None
    order: Order | None = Field(default=None, exclude_if=lambda order: order is None)
    preface: bool = Field(default=True, exclude_if=lambda preface: preface)


def check_weights(weights: Mapping[str, float]) -> None:
    """Raise ValueError unless the weights are non-negative and sum to 1 within 1e-6."""
    for domain, weight in weights.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"weight {weight} of '{domain}' is not a number from 0 to 1")
    total = math.fsum(weights.values())
    if abs(total - 1) > 1e-6:
        raise ValueError(f"weights sum to {total:.6g}, not 1; divide each by {total:.6g}")


class Mask(Strict):
    """What personal data an export masks in the texts: by a word for its kind, or by a stand-in."""

    kinds: tuple[Literal["secret", "iban", "card", "national_id", "email", "ip", "phone"], ...] = Field(
        default=("secret", "iban", "card", "national_id", "email", "ip", "phone"), min_length=1
    )
    style: Literal["placeholder", "surrogate"] = "placeholder"
    seed: int = Field(default=0, ge=0, lt=2**63)


class Mixture(Strict):
    """What to train on: filters, deduplication, selection, weights, budget, epochs and stages.

    `weights` are shares of tokens by domain; a domain that is not named gets 0, and no weights at
    all means in proportion to the tokens that are there. `preface` names a column whose text stands
    before each document's own. `cross` names more columns, whose values divide the domains: source and
    language make `web × en`. `groups` names domains that the desk's faders move together. `sequence_length`
    is that of the trainer's samples: a domain that fills none is warned of, and exports are cut by it.
    """

    name: str = Field(pattern=CORPUS_NAME.pattern)
    corpus: str = Field(pattern=CORPUS_NAME.pattern)
    corpus_fingerprint: str | None = None  # refuses to resolve against other documents
    domain: str = Field(default="source", min_length=1)
    filters: tuple[Filter, ...] = ()
    dedup: Dedup | None = None
    selection: Selection | None = None
    weights: dict[str, float] | None = None
    budget: Budget | None = None
    max_epochs: float | dict[str, float] = 4.0
    stages: tuple[Stage, ...] = ()
    seed: int = Field(default=0, ge=0, lt=2**63)
    rationale: str = ""
    mask: Mask | None = Field(default=None, exclude_if=lambda mask: mask is None)
    preface: str | None = Field(default=None, min_length=1, exclude_if=lambda column: column is None)
    cross: tuple[str, ...] = Field(default=(), exclude_if=lambda columns: not columns)
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict, exclude_if=lambda groups: not groups)
    sequence_length: int | None = Field(
        default=None, ge=1, le=1 << 20, exclude_if=lambda length: length is None
    )

    @field_validator("weights")
    @classmethod
    def _weights_sum_to_one(cls, weights: dict[str, float] | None) -> dict[str, float] | None:
        if weights is not None:
            check_weights(weights)
        return weights

    @field_validator("max_epochs")
    @classmethod
    def _epochs_are_positive(cls, value: float | dict[str, float]) -> float | dict[str, float]:
        for epochs in value.values() if isinstance(value, dict) else (value,):
            if not epochs > 0:
                raise ValueError(f"max_epochs {epochs} is not above 0")
        return value

    @model_validator(mode="after")
    def _stages_reach_the_end(self) -> Mixture:
        ends = [stage.until for stage in self.stages]
        if ends and (ends != sorted(set(ends)) or ends[-1] != 1.0):
            raise ValueError(f"stages end at {ends}; they must rise and the last must be 1.0")
        for stage in self.stages:
            if stage.weights is not None:
                check_weights(stage.weights)
        names = [f.name for f in self.filters]
        if len(names) != len(set(names)):
            raise ValueError("two filters have the same name; give each its own")
        if self.preface is None and not all(stage.preface for stage in self.stages):
            raise ValueError("a stage leaves out the preface, and the mixture has none; name its column")
        return self

    @model_validator(mode="after")
    def _divisions_are_clear(self) -> Mixture:
        columns = [self.domain, *self.cross]
        if len(columns) != len(set(columns)):
            raise ValueError(f"cross holds {list(self.cross)}; each column divides the domains once")
        grouped = [domain for members in self.groups.values() for domain in members]
        twice = sorted({domain for domain in grouped if grouped.count(domain) > 1})
        if twice:
            raise ValueError(f"'{twice[0]}' is in groups twice; a domain is in one group at most")
        return self

    @property
    def divided_by(self) -> str:
        """The columns whose values are the domains, in words."""
        return " × ".join([self.domain, *self.cross])

    def epochs_cap(self, domain: str) -> float:
        """The most epochs that `domain` may be repeated; 4 where a map leaves it out."""
        return self.max_epochs.get(domain, 4.0) if isinstance(self.max_epochs, dict) else self.max_epochs


def checked(model: type[Value], raw: Mapping[str, object], where: str) -> Value:
    """Return what a map of keys says as a value of `model`, or one line that names the first wrong key.

    Args:
        model: What it is to be.
        raw: The keys and values, as YAML or a form gives them.
        where: The path or page that holds them, for the error.

    Raises:
        BadInputError: An unknown key, or a value that a rule forbids.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors()
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])  # a key misspelt
        key = _path(first["loc"]) or model.__name__.lower()
        if first["type"] == "extra_forbidden":
            known = ", ".join(_model_at(model, first["loc"][:-1]).model_fields)
            raise BadInputError(f"{where}: {key}", "unknown key", f"known keys: {known}") from None
        given = first["input"]
        shown = f" = {json.dumps(given, ensure_ascii=False)}" if _is_scalar(given) else ""
        rule = _RULES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        if first["type"] == "model_type":
            rule += f": {', '.join(_model_at(model, first['loc']).model_fields)}"
        raise BadInputError(f"{where}: {key}{shown}", rule, "mend it and run again") from None


def _path(parts: Sequence[str | int]) -> str:
    """Return where in the map something stands, without pydantic's names of types."""
    return ".".join(str(part) for part in parts if not re.fullmatch(r"float|int|str|\w+\[.*\]", str(part)))


def _model_at(model: type[BaseModel], parts: Sequence[str | int]) -> type[BaseModel]:
    """Return the model of what stands at a path in a value of `model`."""
    for part in parts:
        if part in model.model_fields:
            held = model.model_fields[str(part)].annotation
            kinds = [held, *get_args(held), *(kind for one in get_args(held) for kind in get_args(one))]
            model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), model)
    return model


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def parse_mixture(text: str, where: str) -> Mixture:
    """Read a mixture from YAML or JSON; `where` (a path, a page) is named in the error."""
    raw = plain_yaml.read(text, where)
    if not isinstance(raw, dict):
        raise BadInputError(where, "a mixture is a map of keys", "start from a saved mixture")
    return checked(Mixture, raw, where)


def dump_mixture(mixture: Mixture) -> str:
    """Write a mixture as YAML, keys in their own order, nothing that is only a default."""
    return yaml.safe_dump(
        mixture.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True
    )
