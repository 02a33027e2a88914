"""A plan, written for a trainer and sealed by a manifest: whole under its name, or not there at all."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core import disk
from core.bricks import make
from core.card import card
from core.errors import BadInputError
from core.exporters import EXPORTERS, Exporter
from core.plan import make_plan
from core.pool import make_pool
from core.preface import prefaced, rewritten
from core.shuffle import Shuffled
from core.types import (
    Manifest,
    ManifestDomain,
    ManifestFile,
    Mask,
    Mixture,
    Plan,
    Progress,
    dump_mixture,
    silent,
)
from core.workspace import Workspace

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def export(
    workspace: Workspace,
    mixture: Mixture,
    format: str,  # noqa: A002 the word that people use on the command line
    out: Path,
    progress: Progress = silent,
) -> Manifest:
    """Resolve a mixture and write its documents, `manifest.json`, `mixture.yaml` and a card to `out`.

    Each document stands once, in the order seen; the trainer repeats a domain by its weight. Written
    beside `out` and renamed at the end. Where `out` already holds this very export, it is left as it is.
    Memory does not grow with the corpus's text; the disk needs room for the documents twice.

    Raises:
        BadInputError: an unknown format, what `core.mix.resolve` refuses, an `out` that holds anything
            else, or a disk that is full or cannot be written to.
    """
    exporter = make(EXPORTERS, format)
    out = Path(os.path.abspath(out))  # noqa: PTH100 resolve() would follow a link that the rename replaces
    _check_out(out, mixture, format, workspace.corpus(mixture.corpus).fingerprint)
    plan = make_plan(make_pool(workspace, mixture), mixture)
    with _aside(out) as aside:
        manifest = _write(workspace, plan, exporter, aside, progress)
        if _is_occupied(out):
            return _same_or_refuse(out, manifest)
        if out.is_dir():
            out.rmdir()
        aside.rename(out)
    return manifest


def _write(
    workspace: Workspace, plan: Plan, exporter: Exporter, folder: Path, progress: Progress
) -> Manifest:
    corpus = workspace.corpus(plan.mixture.corpus)
    replaced = BadInputError(corpus.name, "was replaced during the export", "export again")
    if corpus.fingerprint != plan.corpus_fingerprint:
        raise replaced
    try:
        shuffled = Shuffled(workspace, corpus, plan, folder / "scratch", progress)
    except FileNotFoundError:
        raise replaced from None
    contents: dict[str, str] = {}
    mask, preface = plan.mixture.mask, plan.mixture.preface

    def documents(domain: str) -> Iterator[Any]:
        import pyarrow as pa

        digest = hashlib.sha256()
        for table in shuffled.documents(domain):
            if mask is not None:
                table = _masked(table, mask)
            if preface is not None:
                table = prefaced(table, preface)
            signed = zip(table["id"].to_pylist(), table["content_hash"].to_pylist(), strict=True)
            digest.update("".join(json.dumps(pair) + "\n" for pair in signed).encode())
            named = pa.array([domain] * table.num_rows, pa.string())
            yield table.append_column("domain", named).select(["id", "text", "source", "domain", "tokens"])
        contents[domain] = digest.hexdigest()
        progress(
            len(contents), sum(1 for rows in plan.rows.values() if len(rows)), f"writing {exporter.name}"
        )

    files = exporter.write(plan, documents, folder)
    shutil.rmtree(folder / "scratch")
    manifest = sealed(plan, exporter.name, corpus.tokenizer, files, contents)
    disk.write_text(folder / "mixture.yaml", dump_mixture(plan.mixture))
    disk.write_text(folder / "README.md", card(plan, manifest, corpus))
    disk.write_json(folder / "manifest.json", manifest.model_dump(mode="json"))
    return manifest


def _masked(table: Any, mask: Mask) -> Any:
    """Return the documents with personal data masked in their texts, signed by what then stands there."""
    import pyarrow as pa

    from core.masking import mask as masked

    kinds = frozenset(mask.kinds)
    texts = [masked(text, kinds, mask.style, mask.seed) for text in table["text"].to_pylist()]
    return rewritten(table, pa.array(texts, table.schema.field("text").type))


def sealed(
    plan: Plan, format_name: str, tokenizer: str, files: list[ManifestFile], contents: dict[str, str]
) -> Manifest:
    """Return the manifest with its fingerprint, which is the same in every format and on any machine.

    Domains that give no tokens are left out. A weight is the one asked for, but where some domain was cut
    at its `max_epochs` or left out, it is the domain's share of the plan's tokens, so that they sum to 1.
    """
    total = sum(part.tokens for part in plan.domains.values())
    whole = math.fsum(part.weight for part in plan.domains.values() if part.documents)
    cut = plan.feasible_weights is not None or abs(whole - 1) > 1e-9
    domains = {
        name: ManifestDomain(
            weight=part.tokens / total if cut else part.weight,
            documents=part.documents,
            tokens=part.tokens,
            epochs=part.epochs,
            content=contents[name],
        )
        for name, part in sorted(plan.domains.items())
        if part.documents
    }
    manifest = Manifest(
        name=plan.mixture.name,
        format=format_name,
        corpus=plan.mixture.corpus,
        corpus_fingerprint=plan.corpus_fingerprint,
        fingerprint="",
        tokenizer=tokenizer,
        budget=plan.budget,
        seed=plan.mixture.seed,
        domains=domains,
        files=tuple(files),
        mixture=plan.mixture.model_dump(mode="json"),
    )
    return manifest.model_copy(update={"fingerprint": manifest_fingerprint(manifest)})


def manifest_fingerprint(manifest: Manifest) -> str:
    """SHA-256 over all that decides what is trained on: everything but itself, `format` and `files`."""
    return disk.fingerprint(manifest.model_dump(mode="json", exclude={"fingerprint", "format", "files"}))


# --- the folder -------------------------------------------------------------------------------------


def _is_occupied(out: Path) -> bool:
    return out.exists() and not (out.is_dir() and not any(out.iterdir()))


def _read(out: Path) -> Manifest | None:
    try:
        return Manifest.model_validate(disk.read_json(out / "manifest.json"))
    except (OSError, ValueError, ValidationError):
        return None


def _check_out(out: Path, mixture: Mixture, format_name: str, corpus: str) -> None:
    """Refuse a folder that cannot turn out to be this export, before any work is done."""
    if not _is_occupied(out):
        return
    there = _read(out)
    asked = mixture.model_dump(mode="json")
    if there is None or there.format != format_name or there.mixture != asked:
        raise BadInputError(out, "is not empty and holds something else", "name another folder or remove it")
    if there.corpus_fingerprint != corpus:
        raise _other_documents(out)


def _same_or_refuse(out: Path, manifest: Manifest) -> Manifest:
    there = _read(out)
    if there is None or there.fingerprint != manifest.fingerprint:
        raise _other_documents(out)
    for file in there.files:
        if not (out / file.path).is_file() or disk.file_sha256(out / file.path) != file.sha256:
            rule = f"holds this export, but {file.path} has been changed or removed"
            raise BadInputError(out, rule, "remove the folder and export again")
    return there


def _other_documents(out: Path) -> BadInputError:
    rule = "holds an export of other documents: the corpus or its columns have changed since"
    return BadInputError(out, rule, "name another folder or remove this one")


@contextmanager
def _aside(out: Path) -> Iterator[Path]:
    """Yield a new folder beside `out`, removed at the end unless it was renamed; sweep dead ones away."""
    aside = out.with_name(f".{out.name}.export-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    try:
        aside.mkdir(parents=True)
        _sweep(out)
        yield aside
    except OSError as error:
        if error.errno in _FULL:
            rule = f"the disk is full ({error.strerror})"
            raise BadInputError(
                out, rule, "free some space, shrink the budget or name another disk"
            ) from None
        rule = f"cannot be written ({error.strerror or error})"
        raise BadInputError(out, rule, "name a folder that you may write to") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Remove what exports to `out` that were killed have left beside it."""
    ours = re.compile(re.escape(f".{out.name}.export-") + r"(\d+)-[0-9a-f]{8}")
    for left in out.parent.iterdir():
        made = ours.fullmatch(left.name)
        if made and not disk.is_alive(int(made[1])):
            shutil.rmtree(left, ignore_errors=True)
