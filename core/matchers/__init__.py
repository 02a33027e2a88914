"""Matchers: what counts as a duplicate. One line a brick."""

from typing import Any

from core.matchers._stars import Sets
from core.matchers.exact import Exact
from core.matchers.minhash import PRESETS, MinHash
from core.matchers.semantic import Semantic

# Any: Semantic groups vectors, the others texts; `takes` says which.
MATCHERS: dict[str, type[Any]] = {Exact.name: Exact, MinHash.name: MinHash, Semantic.name: Semantic}

__all__ = ["MATCHERS", "PRESETS", "Sets"]
