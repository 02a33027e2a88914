"""Toxicity: the brick, the script that trains its model, the model and its card."""

from core.signals.toxicity.brick import Toxicity

__all__ = ["Toxicity"]
