"""What a model's outputs are called and mean: by the names in its configuration, never by their place."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInputError

Asked = Literal["model", "sigmoid", "softmax", "value"]
Reading = Literal["levels", "sigmoid", "softmax", "value"]
CELADON = ("race_origin", "gender_sex", "religion", "ability", "violence")  # as its authors number the heads
# The labels of detoxify's three models, in the spelling of their own files and of the hub's copies.
DETOXIFY = {
    *("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit"),
    *("toxic", "severe_toxic", "identity_hate", "male", "female", "homosexual_gay_or_lesbian", "christian"),
    *("jewish", "muslim", "black", "white", "psychiatric_or_mental_illness"),
}
_NUMBERED = re.compile(r"label_?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outputs:
    """The labels in the order of the model's outputs, safe as names of columns, and how they are read."""

    labels: tuple[str, ...]
    reading: Reading

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns are called after the prefix: Celadon's dimensions always in the same order."""
        return (*CELADON, "total") if self.reading == "levels" else self.labels


def safe(name: str) -> str:
    """Return a name of small letters, digits and '_' that a column may have."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def read(folder: Path, given: str = "", outputs: Asked = "model") -> Outputs:
    """Return the outputs of the model in a folder.

    Args:
        folder: where its config.json and its safetensors lie.
        given: names for the outputs of a model that has none, in their order, parted by commas.
        outputs: `model` as the model says itself, or `sigmoid`, `softmax`, `value`.

    Raises:
        BadInputError: where the labels have no names, names that are no columns', or not those of Celadon.
    """
    config = _config(folder)
    celadon = config.get("model_type") == "deberta-v2" and _has_heads(folder)
    named = _named(config, folder)
    if given and named:
        rule = f"the model names its own labels: {', '.join(named)}"
        raise BadInputError(f"classifier.labels = {given}", rule, "leave the setting out")
    labels = tuple(part.strip() for part in given.split(",")) if given else named
    if not labels and not celadon:
        remedy = "give the names in the order of its outputs: classifier.labels=toxic,insult,threat"
        raise BadInputError(folder, "the model does not name its labels", remedy)
    found = tuple(safe(label) for label in labels) or CELADON
    if len(set(found)) < len(found) or not all(found):
        raise BadInputError(
            ", ".join(labels), "two labels make one column, or one makes none", "rename them in config.json"
        )
    if celadon:
        return Outputs(_celadon(found, outputs), "levels")
    return Outputs(found, _reading(config, found, outputs))


def _celadon(labels: tuple[str, ...], outputs: Asked) -> tuple[str, ...]:
    if set(labels) != set(CELADON):
        rule = f"heads of Celadon's are {', '.join(CELADON)}, in any order"
        raise BadInputError(", ".join(labels), rule, "mend the names in config.json")
    if outputs != "model":
        raise BadInputError(
            f"classifier.outputs = {outputs}", "Celadon gives levels", "leave the setting out"
        )
    return labels


def _reading(config: Mapping[str, Any], labels: Sequence[str], outputs: Asked) -> Reading:
    """Return what the outputs are: as asked, as the configuration says, or as the labels are known for."""
    if outputs != "model":
        return outputs
    problem = config.get("problem_type")
    if problem == "regression":
        return "value"
    if problem == "multi_label_classification" or len(labels) == 1:
        return "sigmoid"
    known = DETOXIFY.issuperset(labels) and not {"toxic", "toxicity"}.isdisjoint(labels)
    return "sigmoid" if problem is None and known else "softmax"


def _named(config: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Return the labels by their numbers; none where the configuration has only numbers for them."""
    listed, back = config.get("id2label") or {}, config.get("label2id") or {}
    try:
        by_number = {int(number): str(label) for number, label in listed.items()}
        numbers = {label: int(number) for label, number in back.items()}
    except (AttributeError, TypeError, ValueError):
        raise BadInputError(folder, "id2label or label2id is no map of numbers", "mend config.json") from None
    labels = tuple(by_number[number] for number in sorted(by_number))
    if sorted(by_number) != list(range(len(labels))):
        raise BadInputError(folder, "id2label does not number the labels from 0", "mend config.json")
    if any(numbers.get(label, number) != number for number, label in enumerate(labels)):
        rule = "id2label and label2id do not say the same"
        raise BadInputError(folder, rule, "mend config.json: nobody can tell which output is which")
    return () if all(_NUMBERED.fullmatch(label) for label in labels) else labels


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise BadInputError(folder / "config.json", "is no JSON object", "fetch the model again")
    return config


def _has_heads(folder: Path) -> bool:
    """Whether the weights hold Celadon's list of heads."""
    return any(key.startswith("heads.") for path in folder.glob("*.safetensors") for key in _keys(path))


def _keys(path: Path) -> list[str]:
    """Return the names of a safetensors file's tensors, from its header alone."""
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            return list(json.loads(file.read(min(size, 100_000_000))))
    except (ValueError, struct.error):
        raise BadInputError(path, "is no safetensors file", "fetch the model again") from None
