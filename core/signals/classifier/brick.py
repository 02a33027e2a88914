"""What a published text-classification model says of a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.engines.batches import runs
from core.errors import BadInputError
from core.signals.classifier import _chunks, _folder, _labels, _load, _run
from core.types import ColumnKind, Columns, Progress, silent

PART_CHARACTERS = 500_000  # read at once


@dataclass(frozen=True, slots=True)
class Classifier:
    """The labels of a published text-classification model: one column a label.

    `model` is a folder or a hub id: Celadon (`PleIAs/celadon`; Arnett et al. 2024, "Toxicity of the
    Commons") gives its levels, 0 to 3, in five dimensions and their `total`; detoxify's models
    (`unitary/toxic-bert` and its kin) and any other that transformers loads for sequence classification
    give a probability a label. Sigmoids where the configuration says multi-label, where there is one output
    alone, or where it is silent and the labels are detoxify's; a regression's value as it is; softmax
    otherwise: `outputs` overrules. Weights are read from safetensors only, all of them must fit, and no
    code that comes with a model is run. Labels are known by their names in the configuration; where it has
    none, `labels` gives them in the outputs' order (Celadon's are its authors').

    A column is called `PREFIX_LABEL`; the prefix is made from the model's name unless `prefix` gives it.

    A text longer than `max_tokens` (special tokens among them; fewer where the model takes fewer) is cut
    into chunks at the last end of a sentence in a chunk's second half, else at the last white space there,
    else where the chunk is full. Read are the first `max_chunks` of them, out of 16 characters a token, and
    the highest of the chunks' values is the text's; with 1 only the beginning is read, as by the models'
    authors. Null for a text without a letter. Values are kept to four digits, for a GPU sums in another
    order; the device signs nothing.
    """

    name: ClassVar[str] = "classifier"
    version: ClassVar[int] = 1
    kind: ClassVar[ColumnKind] = "toxicity"
    model: str = field(default="", metadata={"file": True})
    prefix: str = field(default="", metadata={"unsigned": True})
    labels: str = ""
    outputs: _labels.Asked = "model"
    max_tokens: int = 512
    max_chunks: int = 8
    device: _load.Device = field(default="auto", metadata={"unsigned": True})
    folder: str = field(default="", compare=False, metadata={"private": True})

    def __post_init__(self) -> None:
        """Refuse chunks of nothing, and a prefix that no column may begin with."""
        if self.max_tokens < 8:
            raise BadInputError(f"classifier.max_tokens = {self.max_tokens}", "is at least 8", "set 512")
        if self.max_chunks < 1:
            raise BadInputError(f"classifier.max_chunks = {self.max_chunks}", "is at least 1", "set 8")
        if self.prefix and (self.prefix != _labels.safe(self.prefix) or not self.prefix[0].isalpha()):
            rule = "a prefix is small letters, digits and '_', beginning with a letter"
            raise BadInputError(f"classifier.prefix = {self.prefix}", rule, "choose another one")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names; none as long as no model is named."""
        if not self.model:
            return ()
        folder = self._found()
        prefix = self.prefix or _labels.safe(_folder.name_of(folder))
        if not prefix[:1].isalpha():
            prefix = f"model_{prefix}".strip("_")
        return tuple(f"{prefix}_{label}" for label in self._outputs(folder).columns)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The hash of the model's files: the same files under any path sign the same."""
        folder = self._found()
        self._outputs(folder)
        return ("model", _folder.signature(folder))

    @property
    def one_process(self) -> bool:
        """Whether only one process may score: the one that holds the GPU."""
        return _load.device_of(self.device) == "cuda"

    def prepared(self, folder: Path, progress: Progress = silent) -> Classifier:  # noqa: ARG002 it lies elsewhere
        """Return a brick that knows where its model lies; load it once here, so that faults come at once."""
        progress(0, None, f"{self.name}: loading the model")
        ready = replace(self, folder=str(self._found()))
        ready._model()
        return ready

    def score(self, texts: Sequence[str]) -> Columns:
        """Return one array a column, NaN for a text without words."""
        model, outputs, names = self._model(), self._outputs(self._found()), self.columns
        parts = [self._values(part, model, outputs) for part in runs(texts, PART_CHARACTERS)]
        values = np.concatenate([np.zeros((0, len(outputs.labels)), np.float32), *parts])
        by_label = dict(zip(outputs.labels, values.T, strict=True))
        if outputs.reading == "levels":
            by_label["total"] = values.sum(axis=1)
        found = (by_label[label] for label in outputs.columns)
        return {name: np.ascontiguousarray(column) for name, column in zip(names, found, strict=True)}

    def _values(
        self, texts: Sequence[str], model: _load.Model, outputs: _labels.Outputs
    ) -> NDArray[np.float32]:
        """Return (texts, labels): the highest values of each text's chunks."""
        chunks: list[list[int]] = []
        owners: list[int] = []
        for owner, text in enumerate(texts):
            some = self._cut(text, model)
            chunks += some
            owners += [owner] * len(some)
        found = np.full((len(texts), len(outputs.labels)), -np.inf, dtype=np.float32)
        if chunks:
            np.maximum.at(found, owners, _run.values(model, chunks, outputs.reading, len(outputs.labels)))
        found[np.isneginf(found)] = np.nan
        return found

    def _cut(self, text: str, model: _load.Model) -> list[list[int]]:
        """Return the token ids of a text's chunks, each with the model's special tokens around it."""
        size = min(self.max_tokens, model.max_tokens) - len(model.before) - len(model.after)
        head = _chunks.head(text, size, self.max_chunks)
        if not any(map(str.isalpha, head)):
            return []
        told = model.tokenizer(
            head, add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False
        )
        ids, starts = told["input_ids"], [begin for begin, _ in told["offset_mapping"]]
        spans = _chunks.cut(head, starts, size, self.max_chunks)
        return [[*model.before, *ids[begin:end], *model.after] for begin, end in spans]

    def _found(self) -> Path:
        return Path(self.folder) if self.folder else _folder.find(self.model)

    def _outputs(self, folder: Path) -> _labels.Outputs:
        return _labels.read(folder, self.labels, self.outputs)

    def _model(self) -> _load.Model:
        folder = self._found()
        outputs = self._outputs(folder)
        is_celadon = outputs.reading == "levels"
        model = _load.load(folder, is_celadon, _load.device_of(self.device))
        if not is_celadon and model.network.num_labels != len(outputs.labels):
            rule = f"the model has {model.network.num_labels} outputs"
            raise BadInputError(f"classifier.labels = {self.labels}", rule, "name each of them")
        return model
