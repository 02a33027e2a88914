"""Toxicity: the bricks, the scripts that train their models, the models and their cards."""

from core.signals.toxicity.brick import Toxicity
from core.signals.toxicity.dimensions import ToxicityDimensions

__all__ = ["Toxicity", "ToxicityDimensions"]
