"""Vectors by a sentence transformer: slower than static ones, and they read the words in context."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.embedders._models import model_folder, model_signature

CHARACTERS_PER_TOKEN = 16  # bounds the tokeniser's work on a huge text
BATCH = 32


@dataclass(frozen=True, slots=True)
class SentenceTransformer:
    """Embeds with any sentence-transformers model, by default the packaged all-MiniLM-L6-v2.

    A text is cut to the first `max_tokens` tokens (0: as many as the model was made for, 256 with
    MiniLM), out of 16 characters for each. Texts run sorted by length, so that little is padded.
    Weights are read from safetensors only, and no code that comes with a model is run.
    """

    name: ClassVar[str] = "sentence_transformer"
    version: ClassVar[int] = 1
    model: str = ""  # a folder or a hub id; empty is the packaged all-MiniLM-L6-v2
    max_tokens: int = 0

    def signature(self) -> str:
        """Return the digest of the model's files."""
        return model_signature(model_folder(self.model))

    def prepare(self, models: Path) -> None:  # noqa: ARG002 nothing is made that could be kept
        """Load the model, on a GPU where there is one."""
        _loaded(model_folder(self.model), self.max_tokens)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the model's vectors, of unit length; equal within 1e-5 whatever the batch."""
        transformer = _loaded(model_folder(self.model), self.max_tokens)
        longest = CHARACTERS_PER_TOKEN * (transformer.max_seq_length or 512)
        vectors = transformer.encode(
            [text[:longest] for text in texts],
            batch_size=BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        width = transformer.get_embedding_dimension()
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), width)


@functools.lru_cache(maxsize=2)
def _loaded(folder: Path, max_tokens: int) -> Any:
    import sentence_transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    transformer = sentence_transformers.SentenceTransformer(
        str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
    )
    if max_tokens:
        transformer.max_seq_length = min(max_tokens, transformer.max_seq_length or max_tokens)
    return transformer
