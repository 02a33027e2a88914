"""Rankers order documents by how well they answer a query; one small file each."""

from __future__ import annotations

from core.rankers._shelf import RankerBrick, Shelf
from core.rankers.exact import Exact
from core.rankers.hybrid import Hybrid
from core.rankers.keyword import Keyword
from core.rankers.nearest import Nearest

__all__ = ["RANKERS", "RankerBrick", "Shelf"]

RANKERS: dict[str, type[RankerBrick]] = {
    Hybrid.name: Hybrid,
    Keyword.name: Keyword,
    Exact.name: Exact,
    Nearest.name: Nearest,
}
