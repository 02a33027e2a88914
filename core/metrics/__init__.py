"""Metrics: how varied a set of documents is. One line a brick."""

from core.doors import Metric
from core.metrics.cluster_entropy import ClusterEntropy, EffectiveClusters
from core.metrics.compression import CompressionRatio
from core.metrics.dc_score import DCScore
from core.metrics.duplicate_share import NearDuplicateShare
from core.metrics.effective_domains import EffectiveDomains
from core.metrics.facility_location import FacilityLocation
from core.metrics.heaps_exponent import HeapsExponent
from core.metrics.lexical_diversity import LexicalDiversity
from core.metrics.mig_information import MigInformation
from core.metrics.nearest_neighbour import NearestNeighbourDistance
from core.metrics.ngram_diversity import DistinctN, NgramDiversity
from core.metrics.novel_sum import NovelSum
from core.metrics.self_bleu import SelfBleu
from core.metrics.syntactic_complexity import ClausesPerSentence
from core.metrics.syntactic_templates import TemplateRate
from core.metrics.topic_entropy import TopicEntropy
from core.metrics.vendi import VendiScore, VendiShare

METRICS: dict[str, type[Metric]] = {
    VendiScore.name: VendiScore,
    VendiShare.name: VendiShare,
    NearestNeighbourDistance.name: NearestNeighbourDistance,
    NovelSum.name: NovelSum,
    DCScore.name: DCScore,
    FacilityLocation.name: FacilityLocation,
    ClusterEntropy.name: ClusterEntropy,
    EffectiveClusters.name: EffectiveClusters,
    TopicEntropy.name: TopicEntropy,
    MigInformation.name: MigInformation,
    EffectiveDomains.name: EffectiveDomains,
    DistinctN.name: DistinctN,
    NgramDiversity.name: NgramDiversity,
    CompressionRatio.name: CompressionRatio,
    SelfBleu.name: SelfBleu,
    HeapsExponent.name: HeapsExponent,
    LexicalDiversity.name: LexicalDiversity,
    ClausesPerSentence.name: ClausesPerSentence,
    TemplateRate.name: TemplateRate,
    NearDuplicateShare.name: NearDuplicateShare,
}

__all__ = ["METRICS"]
