"""What a run needs before its first step, and the facts about it that `run.json` tells."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from core.backend.config import DEVICE, Config
from core.backend.data.schedule import Schedule, reads_in_order, stage_weights
from core.backend.data.sealed import Sealed
from core.backend.data.shards import NO_NEAR_COPIES, Data, check_lengths, near_copies
from core.backend.reading.evaluate import Examination
from core.backend.record import Run, RunDomain, machine, now, versions
from core.errors import BadInputError


def chosen_device(device: str) -> str:
    """Return the device to train on; `auto` is the GPU where there is one.

    Raises:
        BadInputError: It names no device, or a GPU that is not there.
    """
    import torch

    if not re.fullmatch(DEVICE, device):
        raise BadInputError(device, "is no device", "give cpu, cuda, cuda:N or auto")
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


class Stage(TypedDict):
    """A part of training with the same weights: the first step after it, and the weights by domain."""

    until: int
    weights: dict[str, float]


class Order(TypedDict):
    """What decides a run's windows beside its manifest, so that another run can carry them on."""

    seed: int
    context: int
    batch_size: int
    block: int
    stages: list[Stage]
    begin: int  # the first step; those before are of `after`, where it is given
    after: Order | None


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


def make_order(
    course: Sequence[tuple[float, Mapping[str, float]]],
    config: Config,
    begin: int = 0,
    after: Order | None = None,
) -> Order:
    """Return the order of a run's windows.

    Args:
        course: (share of training at which it ends, weights by domain) of each stage of its mixture.
        config: With nothing left out.
        begin: The first step, where the run starts from another's state.
        after: The order that brought the other there, to be carried on.
    """
    stages: list[Stage] = [
        {"until": round(until * config.steps), "weights": dict(weights)} for until, weights in course
    ]
    found: Order = {
        "seed": config.seed,
        "context": config.context,
        "batch_size": config.batch_size,
        "block": config.mixture_block,
        "stages": stages,
        "begin": 0,
        "after": None,
    }
    if after == found:  # nothing changes: it goes on as if never stopped
        return found
    return found | {"begin": begin, "after": after}


def make_schedule(sealed: Sealed, data: Data, config: Config, order: Order | None = None) -> Schedule:
    """Return the windows of a run in their order, which is the manifest's own where none is given.

    Raises:
        BadInputError: A weighted domain has fewer tokens than one window.
    """
    if order is None:
        order = make_order(stage_weights(sealed.manifest), config)
    for _, weights in _pairs(order):
        check_lengths(data.train, weights, order["context"])
    return Schedule(
        windows=[shard.windows(order["context"]) for shard in data.train.values()],
        stages=[(until, [weights.get(d, 0.0) for d in data.train]) for until, weights in _pairs(order)],
        batch_size=order["batch_size"],
        block=order["block"],
        key=f"{sealed.manifest.fingerprint}:{order['seed']}",
        in_order=reads_in_order(sealed.manifest),
        begin=order["begin"],
        after=make_schedule(sealed, data, config, order["after"]) if order["after"] else None,
    )


def _pairs(order: Order) -> list[tuple[int, dict[str, float]]]:
    return [(stage["until"], stage["weights"]) for stage in order["stages"]]


def planned_tokens(order: Order) -> dict[str, float]:
    """Return the tokens that the weights of all stages ask of each domain."""
    begin, after = order["begin"], order["after"]
    planned: dict[str, float] = {}
    if after is not None:
        led: list[Stage] = [
            {"until": min(until, begin), "weights": weights} for until, weights in _pairs(after)
        ]
        planned = planned_tokens(after | {"stages": led})
    for until, weights in _pairs(order):
        for domain, weight in weights.items():
            tokens = weight * max(0, until - begin) * order["batch_size"] * order["context"]
            planned[domain] = planned.get(domain, 0.0) + tokens
        begin = max(begin, until)
    return planned


def describe_data(
    run: Run, data: Data, schedule: Schedule, exam: Examination, config: Config, order: Order
) -> None:
    """Add to the run what is known once its data are prepared."""
    planned, drawn = planned_tokens(order), schedule.drawn(config.steps) * config.context
    asked = sum(planned.values())
    evaluated, domains = exam.tokens, dict[str, RunDomain]()
    for (domain, shard), tokens in zip(data.train.items(), drawn.tolist(), strict=True):
        validation = data.validation.get(domain)
        domains[domain] = {
            "weight": planned.get(domain, 0.0) / asked,
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
    run["order"] = dict(order)
    tables = (1 if shape.tied else 2) * data.vocabulary * shape.width
    run["parameters"] = {"body": shape.parameters, "embedding": tables}
    run["validation"] = {
        "documents": sum(domain["validation_documents"] for domain in domains.values()),
        "tokens": sum(evaluated.values()),
        "fingerprint": data.validation_fingerprint,
        "near_copies": near_copies(data),
    }
    run["warnings"] = data_warnings(domains, data)


def data_warnings(domains: Mapping[str, RunDomain], data: Data) -> list[str]:
    """Say in sentences what a reader of the losses should know about the data."""
    found = []
    for name, domain in domains.items():
        if not domain["validation_tokens"]:
            found.append(f"{name} has no loss: nothing can be held out of a single distinct text.")
        if close := data.near_copies.get(name, NO_NEAR_COPIES)["close"]:
            found.append(
                f"{name}: {close} validation texts have near copies in training, for want of others."
            )
        if domain["epochs"] > 4:
            found.append(f"{name} is seen {domain['epochs']:.1f} times; beyond 4 repeats teach little.")
    return found
