"""Overlap of texts with benchmarks: their words, the hashes of their n-grams, and the files they come from."""

from core.overlap.index import Index, build, opened
from core.overlap.items import Benchmark, read

__all__ = ["Benchmark", "Index", "build", "opened", "read"]
