"""The commands of what comes back about documents: their losses, and their influence on a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.backend.commands._terminal import JsonOption, progress, show, table
from core.errors import BadInputError, InterruptedRunError

if TYPE_CHECKING:
    from core.backend.reading.documents import DocumentLoss
    from core.backend.reading.influence import Influence

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, or a model's.")]
Manifest = Annotated[
    Path | None, typer.Option("--manifest", help="Its documents; default: the run's own manifest.")
]
Texts = Annotated[
    Path | None, typer.Option("--texts", help="JSON Lines with `text`, and `id` where there is one.")
]
Out = Annotated[Path | None, typer.Option("--out", help="The Parquet file; default: in the run's folder.")]
Device = Annotated[str, typer.Option("--device", help="cpu, cuda, cuda:N or auto.")]


def documents(
    run: Run,
    manifest: Manifest = None,
    texts: Texts = None,
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="At every evaluation, as the run kept them so far.")
    ] = False,
    out: Out = None,
    device: Device = "auto",
    as_json: JsonOption = False,
) -> None:
    """Write every document's loss, bits per byte and EL2N under a trained model, as Parquet."""
    from core.backend.reading.asked import documents_of, model_hash
    from core.backend.reading.documents import document_losses, write_losses
    from core.backend.training.setup import chosen_device

    if checkpoints:
        if manifest or texts or out:
            rule = "tells what the run kept of its own documents"
            raise BadInputError("--checkpoints", rule, "leave --manifest, --texts and --out out")
        _kept(run, as_json)
        return
    told = progress()
    chosen = documents_of(run, manifest, texts, told)
    path, means = out or run / "documents.parquet", _Means()
    losses = means.passing(document_losses(run, chosen, chosen_device(device), told))
    with _written(path):
        count = write_losses(losses, path, {"model": model_hash(run)})
    value = {"file": str(path), "documents": count, "by_domain": means.rows()}
    show(value, as_json, lambda: f"{path}\n{table(means.rows())}")


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Say in one line that a disk failed or is full; nothing half-written is left."""
    try:
        yield
    except OSError as error:
        why = f"{error.filename or path}: {error.strerror or error}"
        raise InterruptedRunError(f"{why}; mend the disk and run the same command again") from error


def _kept(run: Path, as_json: bool) -> None:
    from core.backend.reading.trajectories import join
    from core.backend.record import read_run

    facts = read_run(run)
    if facts is None:
        raise BadInputError(run, "holds no run", "name the folder of a run")
    with _written(run):
        found = join(run, facts["steps"], {"run": facts["key"]})
    show(found, as_json, lambda: f"{found['file']}: {found['documents']:,} documents, steps {found['steps']}")


def influence(
    run: Run,
    target: Annotated[
        str, typer.Option(help="A JSON Lines file of texts, or a domain that is validated on.")
    ],
    manifest: Manifest = None,
    texts: Texts = None,
    sample: Annotated[int, typer.Option(min=1, help="Documents of the manifest to rate.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Draws the sample.")] = 0,
    mode: Annotated[str, typer.Option(help="dot, cosine or less.")] = "dot",
    layers: Annotated[int | None, typer.Option(help="Of so many last layers alone; default: all.")] = None,
    out: Out = None,
    device: Device = "auto",
    as_json: JsonOption = False,
) -> None:
    """Write how much a step on each of some documents would lower the loss on a target, as Parquet."""
    from core.backend.data.sealed import Sealed
    from core.backend.reading import asked
    from core.backend.reading.documents import tokenised
    from core.backend.reading.influence import check_mode, influences, write_influences
    from core.backend.training.setup import chosen_device

    told, way = progress(), check_mode(mode)
    model, tokenizer, moments = asked.open_for(run, way, chosen_device(device))
    goal = asked.target_items(run, target, tokenizer, model.end_id)
    chosen = asked.documents_of(run, manifest, texts, told)
    if isinstance(chosen, Sealed):
        drawn = asked.sample(chosen, sample, seed, told)
    else:
        drawn = [(identity, "", text) for identity, text in chosen]
    found: list[Influence] = []
    items = tokenised(drawn, tokenizer, model.end_id)
    for one in influences(model, items, goal, mode=way, layers=layers, moments=moments):
        found.append(one)
        told(len(found), len(drawn), "influence")
    path = out or run / "influence.parquet"
    facts = {"model": asked.model_hash(run), "mode": mode, "target": target, "layers": str(layers or "all")}
    with _written(path):
        write_influences(found, path, facts)
    domains = _by_domain(found)
    value = {"file": str(path), "documents": len(found), "target_documents": len(goal), "by_domain": domains}
    show(value, as_json, lambda: f"{path}\n{table(domains)}")


def _by_domain(found: Iterable[Influence]) -> list[dict[str, object]]:
    groups: dict[str, list[float]] = {}
    for one in found:
        groups.setdefault(one.domain, []).append(one.influence)
    return [
        {"domain": domain, "documents": len(values), "influence": sum(values) / len(values)}
        for domain, values in groups.items()
    ]


class _Means:
    """Lets documents' losses pass and keeps their sums by domain."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    def passing(self, losses: Iterable[DocumentLoss]) -> Iterator[DocumentLoss]:
        for one in losses:
            sums = self._sums.setdefault(one.domain, [0, 0, 0.0, 0.0])
            for place, value in enumerate((1, one.tokens, one.loss * one.tokens, one.el2n * one.tokens)):
                sums[place] += value
            yield one

    def rows(self) -> list[dict[str, object]]:
        """Return documents, tokens, and loss and EL2N a token."""
        return [
            {"domain": d, "documents": n, "tokens": t, "loss": loss / t, "el2n": error / t}
            for d, (n, t, loss, error) in self._sums.items()
        ]
