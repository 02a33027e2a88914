"""N-gram language models: estimated from a reference, passed on as ARPA files, scored many texts at once."""

from core.signals.ngrams.kneser_ney import fit
from core.signals.ngrams.model import Model, load

__all__ = ["Model", "fit", "load"]
