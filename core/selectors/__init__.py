"""Which documents: each selector a small file, by name. Show each beside `random`, the baseline."""

from __future__ import annotations

from core.doors import Selector
from core.selectors.betr import BenchmarkTargeted
from core.selectors.cluster_bandit import ClusterBandit
from core.selectors.dsir import ImportanceResampling
from core.selectors.el2n import EarlyErrors
from core.selectors.got_d import TransportGradient
from core.selectors.kmeans_quality import KMeansQuality
from core.selectors.mass import SkillGraph
from core.selectors.metaclip import EntryBalance
from core.selectors.mig import InformationGain
from core.selectors.paser import DegradedCapabilities
from core.selectors.quality_sampling import QualitySampling
from core.selectors.random import RandomSample
from core.selectors.rs2 import RepeatedRandom
from core.selectors.s2l import LossTrajectories
from core.selectors.top_k import TopK

SELECTORS: dict[str, type[Selector]] = {
    "random": RandomSample,
    "rs2": RepeatedRandom,
    "top_k": TopK,
    "quality_sampling": QualitySampling,
    "dsir": ImportanceResampling,
    "betr": BenchmarkTargeted,
    "kmeans_quality": KMeansQuality,
    "mig": InformationGain,
    "cluster_bandit": ClusterBandit,
    "s2l": LossTrajectories,
    "el2n": EarlyErrors,
    "got_d": TransportGradient,
    "metaclip": EntryBalance,
    "paser": DegradedCapabilities,
    "mass": SkillGraph,
}

__all__ = ["SELECTORS"]
