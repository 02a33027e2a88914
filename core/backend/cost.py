"""What a run will take, before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from core.backend.config import Config
from core.backend.data.sealed import read_manifest
from core.types import Manifest

# Floating-point operations a second that training reaches, not the processor's peak.
_CPU_FLOPS_PER_CORE = 45e9  # measured with `nano` and `tiny` on AVX2 cores
_GPU_FLOPS = 50e12  # a data-centre GPU in bf16 at presets from `small`; `nano` reaches far less


class Estimate(TypedDict):
    """Steps, sizes, arithmetic and time; `rate` says in words where the time comes from."""

    steps: int
    tokens: int  # trained on
    scored: int  # read once more for the documents' own losses, at all evaluations together
    parameters: int
    embedding_parameters: int
    flops: float
    seconds: float
    rate: str


def estimate(manifest: Path | Manifest, config: Config, tokens_per_second: float | None = None) -> Estimate:
    """Return what training would take, in a millisecond and without reading the data.

    Evaluation and tokenising come on top: about a tenth, and a second for some megabytes. With `document_losses`
    all documents are read at every evaluation, forwards alone: a third of what training on them takes.

    Args:
        manifest: A `manifest.json` or what it says.
        config: How to train; its device `auto` counts as this machine's cores.
        tokens_per_second: As measured by an earlier run of the same preset; else a stated rate holds.
    """
    import os

    sealed = read_manifest(manifest) if isinstance(manifest, Path) else manifest
    config = config.settled(sealed)
    shape, cores = config.shape, len(os.sched_getaffinity(0))
    tokens = config.steps * config.batch_tokens
    scored = _scored(sealed, config)
    trained = tokens + scored / 3
    flops = float(shape.flops_per_token(config.vocabulary, config.context) * trained)
    if tokens_per_second:
        seconds, rate = trained / tokens_per_second, f"{tokens_per_second:,.0f} tokens a second, as measured"
    elif config.device.startswith("cuda"):
        seconds, rate = flops / _GPU_FLOPS, f"{_GPU_FLOPS / 1e12:.0f} TFLOP/s on a GPU, as assumed"
    else:
        speed = cores * _CPU_FLOPS_PER_CORE
        seconds, rate = flops / speed, f"{speed / 1e9:.0f} GFLOP/s on {cores} cores, as assumed"
    return {
        "steps": config.steps,
        "tokens": tokens,
        "scored": scored,
        "parameters": shape.parameters,
        "embedding_parameters": config.vocabulary * shape.width,
        "flops": flops,
        "seconds": seconds,
        "rate": rate,
    }


def _scored(manifest: Manifest, config: Config) -> int:
    """Return the tokens of all passes over the documents: before the first step, at each evaluation, at the end."""
    if not config.document_losses:
        return 0
    assert config.eval_every is not None, "settled() comes first"
    evaluations = 1 + -(-config.steps // config.eval_every)
    return evaluations * sum(file.tokens for file in manifest.files)
