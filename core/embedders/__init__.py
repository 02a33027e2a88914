"""Embedders turn texts into vectors of unit length; one small file each."""

from __future__ import annotations

from core.embedders._models import ModelEmbedder
from core.embedders.sentence_transformer import SentenceTransformer
from core.embedders.static import Static

__all__ = ["EMBEDDERS", "ModelEmbedder"]

EMBEDDERS: dict[str, type[ModelEmbedder]] = {
    Static.name: Static,
    SentenceTransformer.name: SentenceTransformer,
}
