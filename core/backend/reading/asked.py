"""What a person asks about: a run's model, a manifest's documents or some of them, and a target."""

from __future__ import annotations

import hashlib
import heapq
import os.path
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from core.backend.config import Config
from core.backend.data.sealed import Sealed, open_manifest
from core.backend.data.shards import open_data
from core.backend.model.decoder import rotations
from core.backend.model.folder import kept_model, kept_steps
from core.backend.reading.documents import Item, Model, open_model, read_texts, tokenised
from core.backend.reading.influence import Mode, Moments
from core.backend.reading.trajectories import shard_items
from core.backend.record import read_run
from core.backend.training.trunk import open_trunk
from core.errors import BadInputError
from core.types import Progress, silent


def documents_of(
    run: Path, manifest: Path | None, texts: Path | None, progress: Progress = silent
) -> Sealed | Iterable[tuple[str, str]]:
    """Return a manifest's documents, the run's own where none is named, or the texts of a file.

    Raises:
        BadInputError: Both are named; or neither, and the folder holds no run.
        TamperedError: A data file of the manifest is missing or changed.
    """
    if texts is not None:
        if manifest is not None:
            raise BadInputError(texts, "does not go with a manifest", "name one of the two")
        return read_texts(texts)
    facts = read_run(run)
    if manifest is None and facts is None:
        raise BadInputError(run, "holds no run whose manifest is known", "name a manifest or texts")
    return open_manifest(manifest or Path(facts["manifest"] if facts else ""), progress)


def model_hash(run: Path) -> str:
    """Return the SHA-256 of the weights in a run's folder or its `model`; it signs what is written of them.

    Raises:
        BadInputError: There are none.
    """
    folder = run / "model" if (run / "model").is_dir() else run
    try:
        with (folder / "model.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise BadInputError(run, "holds no saved model", "name the folder of a finished run") from None


def target_items(run: Path, target: str, tokenizer: Path, end_id: int) -> list[Item]:
    """Return the documents of a target: a file of texts, or a domain's validation part.

    Raises:
        BadInputError: It is neither.
    """
    if os.path.isfile(target):  # noqa: PTH113 -- a name too long for any file is none, not an error
        triples = ((identity, "", text) for identity, text in read_texts(Path(target)))
        return [*tokenised(triples, tokenizer, end_id)]
    facts = read_run(run)
    folder = run / facts.get("data", "data") if facts else run / "data"
    remedy = "name a JSON Lines file, or a domain that the run validates on"
    if not (folder / "data.json").is_file():
        raise BadInputError(f"target {target}", "is no file, and the run's data are not there", remedy)
    data = open_data(folder)
    if target not in data.validation:
        raise BadInputError(
            f"target {target}", f"is neither a file nor of {', '.join(data.validation)}", remedy
        )
    return [*shard_items(data.validation[target], target)]


def open_for(folder: Path, mode: Mode, device: str) -> tuple[Model, Path, Moments | None]:
    """Return a run's model, its tokenizer's file and, for `less`, the moments at its last checkpoint.

    Raises:
        BadInputError: There is no model; or no checkpoint, where the mode needs one.
    """
    if mode != "less":
        return *open_model(folder, device), None
    trunk, run = open_trunk(folder, weights_only=False), read_run(folder)
    assert run is not None
    assert trunk.moments is not None
    saved, _ = open_model(folder, device)
    config = Config.model_validate(run["config"])
    placed = {name: tensor[None].to(device) for name, tensor in trunk.weights.items()}
    first, second = (
        {name: tensor[None].to(device) for name, tensor in moment.items()}
        for moment in trunk.moments.values()
    )
    turn = rotations(config.shape, saved.context, device)
    model = Model(placed, config.shape, turn, saved.context, saved.end_id)
    return model, trunk.tokenizer, Moments(first, second, trunk.step)


class Checkpoint(NamedTuple):
    """A model that a run kept, and the mean learning rate of the steps from the one kept before to it."""

    folder: Path
    step: int
    learning_rate: float


def checkpoints_of(run: Path) -> list[Checkpoint]:
    """Return the models that a finished run kept, its last among them, with the learning rates up to each.

    Raises:
        BadInputError: The folder holds no finished run, or one that kept no models before the last.
    """
    facts, steps = read_run(run), kept_steps(run)
    if facts is None or facts["state"] != "done":
        raise BadInputError(run, "holds no finished run", "name the folder of one")
    if not steps:
        rule = "kept no models of earlier steps while it trained"
        raise BadInputError(run, rule, "train with keep_every: STEPS, or leave --checkpoints out")
    config = Config.model_validate(facts["config"])
    places = [*((step, run / kept_model(step)) for step in steps), (config.steps, run / "model")]
    found, before = [], facts["first_step"]
    for step, folder in places:
        shares = [config.rate(number) for number in range(before, step)]
        found.append(Checkpoint(folder, step, sum(shares) / len(shares) * (config.learning_rate or 0.0)))
        before = step
    return found


def drawn(
    documents: Sealed | Iterable[tuple[str, str]], number: int, seed: int, progress: Progress = silent
) -> list[tuple[str, str, str]]:
    """Return (id, domain, text) of a sample of a manifest's documents, or of all of those that were named."""
    if isinstance(documents, Sealed):
        return sample(documents, number, seed, progress)
    return [(identity, "", text) for identity, text in documents]


def sample(sealed: Sealed, number: int, seed: int, progress: Progress = silent) -> list[tuple[str, str, str]]:
    """Draw documents of a manifest, (id, domain, text), by the hashes of seed, domain and id.

    They come in the manifest's order; a larger sample holds a smaller one.
    """
    kept: list[tuple[int, int, tuple[str, str, str]]] = []
    place, total = 0, sum(file.rows for file in sealed.manifest.files)
    for domain in sealed.domains:
        for identity, text in sealed.documents(domain):
            digest = hashlib.sha256(f"{seed}\0{domain}\0{identity}".encode("utf-8", "replace")).digest()
            entry = (-int.from_bytes(digest, "big"), place, (identity, domain, text))
            (heapq.heappush if len(kept) < number else heapq.heappushpop)(kept, entry)
            place += 1
            progress(place, total, "drawing documents")
    return [document for _, _, document in sorted(kept, key=lambda entry: entry[1])]
