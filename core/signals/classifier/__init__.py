"""Published text-classification models, through one door."""

from core.signals.classifier.brick import Classifier

__all__ = ["Classifier"]
