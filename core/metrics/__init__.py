"""Metrics: how varied a set of documents is. One line a brick."""

from core.doors import Metric
from core.metrics.cluster_entropy import ClusterEntropy, EffectiveClusters
from core.metrics.compression import CompressionRatio
from core.metrics.duplicate_share import NearDuplicateShare
from core.metrics.nearest_neighbour import NearestNeighbourDistance
from core.metrics.ngram_diversity import DistinctN, NgramDiversity
from core.metrics.vendi import VendiScore

METRICS: dict[str, type[Metric]] = {
    ClusterEntropy.name: ClusterEntropy,
    EffectiveClusters.name: EffectiveClusters,
    VendiScore.name: VendiScore,
    NearestNeighbourDistance.name: NearestNeighbourDistance,
    DistinctN.name: DistinctN,
    NgramDiversity.name: NgramDiversity,
    CompressionRatio.name: CompressionRatio,
    NearDuplicateShare.name: NearDuplicateShare,
}

__all__ = ["METRICS"]
