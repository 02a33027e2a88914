"""Vectors without a network: one vector a token, distilled once from a sentence transformer."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core import disk
from core.embedders._models import model_folder, model_signature

CHARACTERS_PER_TOKEN = 8  # more than any script needs on average; bounds the work on a huge text
SIF_COEFFICIENT = 1e-4
DISTIL_BATCH = 512


@dataclass(frozen=True, slots=True)
class Static:
    """Mean of token vectors distilled from a sentence transformer: fast, for a first look.

    The recipe is model2vec's (van Dongen and Tulkens, 2024): every token of the vocabulary goes
    through the teacher as ``[CLS] token [SEP]`` and is mean-pooled, PCA takes the vectors to
    `dimensions`, and the smooth inverse frequency a / (a + p) weights them, a = 1e-4, where p follows
    Zipf's law over the vocabulary's order. A text's vector is the mean over its tokens, of unit length.

    Only the first `max_tokens` tokens are read, out of the first 8 × `max_tokens` characters.
    Distilling takes about 20 s on two cores, once a workspace; then 1,000 documents a second or more.
    """

    name: ClassVar[str] = "static"
    version: ClassVar[int] = 1
    dimensions: int = 256
    max_tokens: int = 512
    model: str = ""  # the teacher: a folder or a hub id; empty is the packaged all-MiniLM-L6-v2

    def signature(self) -> str:
        """Return the digest of the teacher's files."""
        return model_signature(model_folder(self.model))

    def prepare(self, models: Path) -> None:
        """Load the token vectors from `models`; distil and keep them there if they are missing."""
        teacher, dimensions = model_folder(self.model), self.dimensions
        made_of = [self.version, model_signature(teacher), dimensions, SIF_COEFFICIENT]
        path = models / f"static-{disk.fingerprint(made_of)[:16]}.safetensors"
        if (teacher, dimensions) in _READY and path.exists():
            return
        with disk.locked(path.with_suffix(".lock")):
            if not path.exists():
                _save(_distilled(teacher, dimensions), path)
        _READY[teacher, dimensions] = _load(path)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the texts' mean token vectors; a text without a known token is the zero vector."""
        teacher = model_folder(self.model)
        table = _READY.get((teacher, self.dimensions))
        if table is None:
            table = _distilled(teacher, self.dimensions)
            _READY[teacher, self.dimensions] = table
        return _means(table, _token_ids(_tokenizer(teacher), texts, self.max_tokens))


_READY: dict[tuple[Path, int], NDArray[np.float32]] = {}  # token vectors by teacher and dimensions


@functools.cache
def _tokenizer(teacher: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    tokenizer.no_padding()  # the file may ask for both
    tokenizer.no_truncation()
    return tokenizer


def _token_ids(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    heads = [text[: CHARACTERS_PER_TOKEN * max_tokens] for text in texts]
    return [e.ids[:max_tokens] for e in tokenizer.encode_batch_fast(heads, add_special_tokens=False)]


def _means(table: NDArray[np.float32], ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    from scipy.sparse import csr_array

    ends = np.cumsum([0, *map(len, ids)])
    flat = np.fromiter((token for one in ids for token in one), dtype=np.int32, count=int(ends[-1]))
    ones = np.ones(len(flat), dtype=np.float32)
    # A row's sum takes its tokens in their order, so it does not depend on the rows beside it.
    sums = csr_array((ones, flat, ends), shape=(len(ids), len(table))) @ table
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    vectors: NDArray[np.float32] = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 1e-12)
    return vectors


def _distilled(teacher: Path, dimensions: int) -> NDArray[np.float32]:
    """Return one weighted vector a token id; special and unused tokens are zero."""
    tokenizer = _tokenizer(teacher)
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special}
    vocabulary = sorted((token_id, token) for token, token_id in tokenizer.get_vocab().items())
    kept = [i for i, token in vocabulary if token not in special and not token.startswith("[unused")]
    vectors = _principal(_teacher_vectors(teacher, tokenizer, kept), dimensions)
    probability = 1 / np.arange(2, len(kept) + 2)  # Zipf: the vocabulary stands in order of frequency
    probability /= probability.sum()
    table = np.zeros((vocabulary[-1][0] + 1, vectors.shape[1]), dtype=np.float32)
    table[kept] = vectors * (SIF_COEFFICIENT / (SIF_COEFFICIENT + probability))[:, None]
    return table


def _teacher_vectors(teacher: Path, tokenizer: Any, kept: Sequence[int]) -> NDArray[np.float64]:
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModel.from_pretrained(teacher, local_files_only=True, use_safetensors=True).eval()
    frame = tokenizer.encode("", add_special_tokens=True).ids  # [CLS] [SEP]
    pooled = []
    with torch.inference_mode():
        for start in range(0, len(kept), DISTIL_BATCH):
            part = torch.tensor(kept[start : start + DISTIL_BATCH])[:, None]
            ids = torch.cat([torch.tensor(frame[:1]).expand(len(part), 1), part], dim=1)
            ids = torch.cat([ids, torch.tensor(frame[1:]).expand(len(part), len(frame) - 1)], dim=1)
            hidden = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            pooled.append(hidden.mean(dim=1).double().numpy())
    return np.concatenate(pooled)


def _principal(vectors: NDArray[np.float64], dimensions: int) -> NDArray[np.float64]:
    """Centre and rotate to the leading principal axes; each axis's largest entry is made positive."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :dimensions]
    largest = np.abs(axes).argmax(axis=0)
    projected: NDArray[np.float64] = centred @ (axes * np.sign(axes[largest, np.arange(axes.shape[1])]))
    return projected


def _save(table: NDArray[np.float32], path: Path) -> None:
    from safetensors.numpy import save_file

    with disk.written_aside(path) as aside:
        save_file({"vectors": np.ascontiguousarray(table)}, aside)


def _load(path: Path) -> NDArray[np.float32]:
    from safetensors.numpy import load_file

    table: NDArray[np.float32] = load_file(path)["vectors"]
    return table
