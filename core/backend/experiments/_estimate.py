"""What an experiment will take, before it starts."""

from __future__ import annotations

from typing import TypedDict

from core.backend.cost import estimate
from core.backend.data.sealed import read_manifest
from core.backend.experiments._bench import Bench, Experiment
from core.backend.model.memory import model_bytes, models_that_fit, stack_bytes
from core.errors import BadInputError


class ExperimentEstimate(TypedDict):
    """Models, steps of one, tokens, arithmetic, time and memory; `rate` says where the time comes from.

    `tokens` are trained on, `scored` are read once more for the documents' own losses at every evaluation.
    `together` models are in memory at once, with `model_bytes` for one alone and `memory_bytes` for all. `price` is
    the time at the price of an hour, None where none is given.
    """

    models: int
    steps: int
    tokens: int
    scored: int
    flops: float
    seconds: float
    rate: str
    together: int
    model_bytes: int
    memory_bytes: int
    price: float | None


def estimate_experiment(
    experiment: Experiment, bench: Bench, price_per_hour: float | None = None
) -> ExperimentEstimate:
    """Return what the experiment would take, from the manifest alone and without reading its data.

    Tokenising, evaluation and asking saved models come on top: about a tenth.

    Raises:
        BadInputError: There is no manifest where one is needed, or the config does not fit it.
    """
    if bench.manifest is None:
        raise BadInputError(experiment.name, "trains nothing: there is nothing to estimate", "run it")
    manifest = read_manifest(bench.manifest)
    lots = [lot for lot in experiment.lots(manifest) if lot.models]
    one = estimate(manifest, bench.config)
    runs = sum(lot.models * lot.share for lot in lots)
    config = bench.config.settled(manifest)
    on_gpu = config.device.startswith("cuda")
    low = config.precision == "bf16" or (config.precision == "auto" and on_gpu)
    together = max((lot.models for lot in lots), default=0) if bench.stacked else min(1, len(lots))
    # What a GPU holds is asked when training begins: an estimate loads no torch.
    fit = config.stack_most or (together if on_gpu else models_that_fit(config, "cpu", low))
    together = min(together, fit)
    size = sum(model_bytes(config, low))
    seconds = one["seconds"] * runs
    return {
        "models": sum(lot.models for lot in lots),
        "steps": one["steps"],
        "tokens": round(one["tokens"] * runs),
        "scored": round(one["scored"] * runs),
        "flops": one["flops"] * runs,
        "seconds": seconds,
        "rate": one["rate"],
        "together": together,
        "model_bytes": size,
        "memory_bytes": stack_bytes(config, "cuda" if on_gpu else "cpu", low, together),
        "price": None if price_per_hour is None else seconds / 3600 * price_per_hour,
    }
