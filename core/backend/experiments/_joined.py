"""Two manifests read as one, so that their models share a tokenizer and the texts they are judged on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from core.backend._files import fingerprint, folder_aside, read_json
from core.backend.data.schedule import reads_in_order, stage_weights
from core.backend.data.sealed import Sealed, open_manifest
from core.backend.experiments._bench import Trial
from core.errors import BadInputError
from core.types import Manifest, ManifestDomain, ManifestFile

Course: TypeAlias = Sequence[tuple[float, Mapping[str, float]]]


def joined(trial: Trial, own: Course, other: Sealed) -> tuple[Trial, Course, Course]:
    """Return a trial on both manifests' files, and both sides' stages over its domains.

    The files are linked, or copied where they stand on another disk, into `joined` inside the experiment's
    folder. A text that is held out is held out of both sides.

    Raises:
        BadInputError: One of them depends on the order of its documents, which no joined reader keeps.
    """
    for sealed in (trial.sealed, other):
        if reads_in_order(sealed.manifest):
            raise BadInputError(
                sealed.manifest.name,
                "its stages order their documents: it cannot be read together with another",
                "compare it by two runs of `train`, or leave the order out",
            )
    folder, sides = trial.out / "joined", {"first": trial.sealed, "second": other}
    path = folder / "manifest.json"
    if not path.exists() or read_json(path)["fingerprint"] != _fingerprint(sides):
        with folder_aside(folder) as aside:
            _write(aside, sides)
    both = open_manifest(path, trial.bench.progress)
    config = trial.bench.config.settled(trial.sealed.manifest)
    first, second = _named(own, "first"), _named(stage_weights(other.manifest), "second")
    return Trial(trial.bench, path, both, config), first, second


def _named(course: Course, side: str) -> Course:
    return [(until, {f"{side}:{domain}": w for domain, w in weights.items()}) for until, weights in course]


def _write(folder: Path, sides: Mapping[str, Sealed]) -> None:
    files: list[ManifestFile] = []
    domains: dict[str, ManifestDomain] = {}
    for side, sealed in sides.items():
        (folder / side).mkdir()
        for number, file in enumerate(sealed.manifest.files):
            source = sealed.folder / file.path
            name = f"{side}/{number:05d}{source.suffix}"
            _linked(source, folder / name)
            files.append(file.model_copy(update={"path": name, "domain": f"{side}:{file.domain}"}))
        for domain, part in sealed.manifest.domains.items():
            domains[f"{side}:{domain}"] = part.model_copy(update={"weight": part.weight / len(sides)})
    first = sides["first"].manifest
    whole = Manifest(
        name=f"{first.name} and {sides['second'].manifest.name}"[:200],
        format=first.format,
        corpus=first.corpus,
        corpus_fingerprint=fingerprint([sealed.manifest.corpus_fingerprint for sealed in sides.values()]),
        fingerprint=_fingerprint(sides),
        tokenizer=first.tokenizer,
        budget=first.budget,
        seed=first.seed,
        domains=domains,
        files=tuple(files),
        mixture={"weights": {domain: part.weight for domain, part in domains.items()}},
    )
    (folder / "manifest.json").write_text(whole.model_dump_json(), encoding="utf-8")


def _fingerprint(sides: Mapping[str, Sealed]) -> str:
    return fingerprint([sealed.fingerprint for sealed in sides.values()])


def _linked(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)
