"""Clusterers group vectors; one small file each."""

from __future__ import annotations

from core.clusterers.hdbscan import Hdbscan
from core.clusterers.kmeans import KMeans
from core.doors import Clusterer

__all__ = ["CLUSTERERS"]

CLUSTERERS: dict[str, type[Clusterer]] = {KMeans.name: KMeans, Hdbscan.name: Hdbscan}
