"""What a run needs before its first step, and the facts about it that `run.json` tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from core.backend.config import Config
from core.backend.evaluate import Examination
from core.backend.record import Run, RunDomain, machine, now, versions
from core.backend.schedule import Schedule, reads_in_order, stage_weights
from core.backend.sealed import Sealed
from core.backend.shards import Data
from core.errors import BadInputError


def chosen_device(device: str) -> str:
    """Return the device to train on; `auto` is the GPU where there is one.

    Raises:
        BadInputError: A GPU is asked for that is not there.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    number = int(device.partition(":")[2] or 0)
    if device != "cpu" and number >= torch.cuda.device_count():
        raise BadInputError(device, f"this machine has {torch.cuda.device_count()} GPUs", "use --device cpu")
    return device


def chosen_precision(precision: str, device: str) -> str:
    """Return the precision of matrix products; `auto` is bf16 on a GPU that has it. Weights stay fp32."""
    import torch

    if precision != "auto":
        return precision
    has_bf16 = device != "cpu" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16" if has_bf16 else "fp32"


def device_name(device: str) -> str:
    """Name the processor or GPU that computes."""
    import torch

    if device == "cpu":
        return f"{machine()}, {torch.get_num_threads()} threads"
    return f"{torch.cuda.get_device_name(device)}, {machine()}"


def describe(sealed: Sealed, config: Config, key: str, manifest_path: Path) -> Run:
    """Return the run as it stands before anything is read: manifest, settings, machine."""
    device, manifest = chosen_device(config.device), sealed.manifest
    return {
        "state": "running",
        "key": key,
        "manifest": str(manifest_path.resolve()),
        "name": manifest.name,
        "manifest_fingerprint": manifest.fingerprint,
        "corpus": manifest.corpus,
        "corpus_fingerprint": manifest.corpus_fingerprint,
        "mixture": manifest.mixture,
        "config": config.model_dump(mode="json"),
        "device": device,
        "precision": chosen_precision(config.precision, device),
        "machine": device_name(device),
        "versions": versions(),
        "process": os.getpid(),
        "started": now(),
        "ended": None,
        "step": 0,
        "steps": config.steps,
        "tokens": 0,
        "train_loss": None,
        "first_losses": {},
        "losses": {},
        "bits_per_byte": {},
        "tokens_per_second": None,
        "seconds": 0.0,
        "warnings": [],
        "error": None,
    }


def stages_in_steps(sealed: Sealed, config: Config) -> list[tuple[int, dict[str, float]]]:
    """Return (first step after it, weights by domain) of each stage of the mixture."""
    return [(round(until * config.steps), w) for until, w in stage_weights(sealed.manifest)]


def make_schedule(sealed: Sealed, data: Data, config: Config) -> Schedule:
    """Return the order of the run's windows."""
    return Schedule(
        windows=[shard.windows(config.context) for shard in data.train.values()],
        stages=[
            (until, [weights.get(domain, 0.0) for domain in data.train])
            for until, weights in stages_in_steps(sealed, config)
        ],
        batch_size=config.batch_size,
        block=config.mixture_block,
        key=f"{sealed.manifest.fingerprint}:{config.seed}",
        in_order=reads_in_order(sealed.manifest),
    )


def planned_tokens(sealed: Sealed, config: Config) -> dict[str, float]:
    """Return the tokens that the weights of all stages ask of each domain."""
    planned: dict[str, float] = {}
    start = 0
    for until, weights in stages_in_steps(sealed, config):
        for domain, weight in weights.items():
            tokens = weight * (until - start) * config.batch_tokens
            planned[domain] = planned.get(domain, 0.0) + tokens
        start = until
    return planned


def describe_data(
    run: Run, sealed: Sealed, data: Data, schedule: Schedule, exam: Examination, config: Config
) -> None:
    """Add to the run what is known once its data are prepared."""
    planned, drawn = planned_tokens(sealed, config), schedule.drawn(config.steps) * config.context
    evaluated, domains = exam.tokens, dict[str, RunDomain]()
    for (domain, shard), tokens in zip(data.train.items(), drawn.tolist(), strict=True):
        validation = data.validation.get(domain)
        domains[domain] = {
            "weight": planned.get(domain, 0.0) / (config.steps * config.batch_tokens),
            "tokens_planned": planned.get(domain, 0.0),
            "tokens_drawn": tokens,
            "epochs": tokens / len(shard.tokens),
            "train_tokens": len(shard.tokens),
            "train_documents": shard.documents,
            "validation_tokens": evaluated.get(domain, 0),
            "validation_documents": validation.documents if validation else 0,
        }
    shape = config.shape
    run["domains"], run["vocabulary"] = domains, data.vocabulary
    run["parameters"] = {"body": shape.parameters, "embedding": data.vocabulary * shape.width}
    run["validation"] = {
        "documents": sum(domain["validation_documents"] for domain in domains.values()),
        "tokens": sum(evaluated.values()),
        "fingerprint": data.validation_fingerprint,
    }
    run["warnings"] = data_warnings(domains, config.context)


def data_warnings(domains: Mapping[str, RunDomain], context: int) -> list[str]:
    """Say in sentences what a reader of the losses should know about the data."""
    found = []
    for name, domain in domains.items():
        if not domain["validation_tokens"]:
            found.append(f"{name} has no loss: nothing can be held out of a single distinct text.")
        if domain["tokens_drawn"] and domain["train_tokens"] <= context:
            found.append(f"{name} has {domain['train_tokens']} tokens, not a window more: it repeats inside.")
        if domain["epochs"] > 4:
            found.append(f"{name} is seen {domain['epochs']:.1f} times; beyond 4 repeats teach little.")
    return found
