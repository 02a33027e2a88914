"""Repeats: stretches, lines, paragraphs and sentences as hashes, where they lie, and their counts on disk."""

from core.repeated.finder import SHARD_ROWS, SUBSTRING, Finder
from core.repeated.units import UNITS

__all__ = ["SHARD_ROWS", "SUBSTRING", "UNITS", "Finder"]
