"""The commands of what comes back about documents: their losses, and their influence on a target."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.backend.commands._terminal import JsonOption, progress, show, table
from core.errors import BadInputError, InterruptedRunError

if TYPE_CHECKING:
    from core.backend.reading.asked import Checkpoint
    from core.backend.reading.documents import DocumentLoss, Item
    from core.backend.reading.influence import Influence, Mode

# What says that there can be no such file, rather than that a disk is at fault.
_NO_NAME = {
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
}
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
    """Say in one line that a disk failed or is full, or that the name is none; nothing half-written is left."""
    try:
        yield
    except OSError as error:
        why, where = error.strerror or str(error), Path(error.filename or path)
        if error.errno in _NO_NAME and (where in path.parents or where.parent == path.parent):
            raise BadInputError(path, f"cannot be written ({why})", "name another --out") from None
        again = "mend the disk and run the same command again"
        raise InterruptedRunError(f"{where}: {why}; {again}") from error


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
    checkpoints: Annotated[
        bool,
        typer.Option("--checkpoints", help="Summed over the models that the run kept, by learning rate."),
    ] = False,
    out: Out = None,
    device: Device = "auto",
    as_json: JsonOption = False,
) -> None:
    """Write how much a step on each of some documents would lower the loss on a target, as Parquet."""
    from core.backend.reading import asked
    from core.backend.reading.documents import open_model, tokenised
    from core.backend.reading.influence import check_mode, summed, write_influences
    from core.backend.training.setup import chosen_device

    told, way, place = progress(), check_mode(mode), chosen_device(device)
    kept = _checkpoints(run, way) if checkpoints else []
    model, tokenizer, moments = asked.open_for(run, way, place)
    goal = asked.target_items(run, target, tokenizer, model.end_id)
    drawn = asked.drawn(asked.documents_of(run, manifest, texts, told), sample, seed, told)
    done = count()

    def documents() -> Iterator[Item]:
        for item in tokenised(drawn, tokenizer, model.end_id):
            yield item
            told(next(done) + 1, len(drawn) * max(1, len(kept)), "influence")

    alone = [(model, 1.0)]
    models = ((open_model(one.folder, place)[0], one.learning_rate) for one in kept) if kept else alone
    found: list[Influence] = []

    def rated() -> Iterator[Influence]:
        found.extend(summed(models, documents, goal, mode=way, layers=layers, moments=moments))
        yield from found

    path = out or run / "influence.parquet"
    facts = {"model": asked.model_hash(run), "mode": mode, "target": target, "layers": str(layers or "all")}
    steps = [{"step": one.step, "learning_rate": one.learning_rate} for one in kept]
    with _written(path):
        write_influences(rated(), path, facts | ({"checkpoints": json.dumps(steps)} if kept else {}))
    domains = _by_domain(found)
    value = {"file": str(path), "documents": len(found), "target_documents": len(goal)}
    value |= {"checkpoints": steps, "by_domain": domains}
    show(value, as_json, lambda: f"{path}\n{table(domains)}")


def _checkpoints(run: Path, mode: Mode) -> list[Checkpoint]:
    from core.backend.reading.asked import checkpoints_of

    if mode == "less":
        rule = "reads Adam's moments, which are of the last checkpoint alone"
        raise BadInputError("--mode less", rule, "leave --checkpoints out, or take mode dot or cosine")
    return checkpoints_of(run)


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
