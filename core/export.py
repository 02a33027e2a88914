"""A plan, written for a trainer and sealed by a manifest: whole under its name, or not there at all."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from core import disk
from core.bricks import make, signed_settings_of
from core.card import card
from core.contents import STATED, contents
from core.croissant import croissant
from core.errors import BadInputError, MixdeskError, NotFoundError, TamperedError
from core.exporters import EXPORTERS, Exporter, Tokenising, check, obtained, token_weights
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
    settings: Mapping[str, object] | None = None,
) -> Manifest:
    """Resolve a mixture and write its documents, a manifest, a card and a Croissant file to `out`.

    Each document stands once, in the order seen; the trainer repeats a domain by its weight. A stage's order
    and whether it shows prefaces are in what is written, for readers that keep the files' order. Written
    beside `out` and renamed at the end. Where `out` already holds this very export, it is left as it is.
    Memory does not grow with the corpus's text; the disk needs room for the documents twice.

    Args:
        workspace: Where the corpus lies.
        mixture: What to write.
        format: One of `core.exporters.EXPORTERS`.
        out: The folder, which is not there yet, empty, or this very export.
        progress: Told of documents read and domains written.
        settings: The exporter's own, such as `tokenizer` or `sequence_length`; that of a sequence is the
            mixture's where it is not set here.

    Raises:
        BadInputError: an unknown format or setting, stages or an order that the trainer has not, what
            `core.mix.resolve` refuses, an `out` that holds anything else, or a disk
            that is full or cannot be written to.
    """
    exporter = make(EXPORTERS, format, _settings(format, mixture, settings))
    out = Path(os.path.abspath(out))  # noqa: PTH100 resolve() would follow a link that the rename replaces
    _check_out(out, mixture, exporter, workspace.corpus(mixture.corpus).fingerprint)
    check(exporter.name, mixture)
    plan = make_plan(make_pool(workspace, mixture), mixture)
    with _aside(out) as aside:
        manifest = _write(workspace, plan, exporter, aside, progress)
        if _is_occupied(out):
            return _same_or_refuse(out, manifest)
        if out.is_dir():
            out.rmdir()
        aside.rename(out)
    return manifest


def _settings(name: str, mixture: Mixture, settings: Mapping[str, object] | None) -> dict[str, object]:
    """Return the settings, with the mixture's length of a sequence where the format has one and none is set."""
    length, kind = mixture.sequence_length, EXPORTERS.get(name)
    knows = kind is not None and "sequence_length" in (
        field.name for field in dataclasses.fields(cast("Any", kind))
    )
    return {**({"sequence_length": length} if length and knows else {}), **(settings or {})}


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
    signatures: dict[str, str] = {}
    mask = plan.mixture.mask

    def documents(domain: str) -> Iterator[Any]:
        import pyarrow as pa

        digest = hashlib.sha256()
        for table in shuffled.documents(domain):
            if mask is not None:
                table = _masked(table, mask)
            table = prefaced(table)
            signed = zip(table["id"].to_pylist(), table["content_hash"].to_pylist(), strict=True)
            digest.update("".join(json.dumps(pair) + "\n" for pair in signed).encode())
            named = pa.array([domain] * table.num_rows, pa.string())
            yield table.append_column("domain", named).select(["id", "text", "source", "domain", "tokens"])
        signatures[domain] = digest.hexdigest()
        progress(
            len(signatures), sum(1 for rows in plan.rows.values() if len(rows)), f"writing {exporter.name}"
        )

    files = exporter.write(plan, documents, folder)
    shutil.rmtree(folder / "scratch")
    manifest = sealed(plan, exporter, corpus.tokenizer, files, signatures)
    disk.write_text(folder / "mixture.yaml", dump_mixture(plan.mixture))
    found = contents(workspace, corpus, plan)
    disk.write_text(folder / "README.md", card(plan, manifest, corpus, found))
    named = found.values.get("licence", found.values.get(STATED, {}))
    licences = [name for name in named if name != "unknown"]
    disk.write_json(folder / "croissant.json", croissant(manifest, corpus, plan.mixture.rationale, licences))
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
    plan: Plan, exporter: Exporter, tokenizer: str, files: list[ManifestFile], signatures: dict[str, str]
) -> Manifest:
    """Return the manifest with its fingerprint, which is the same in every format and on any machine.

    Domains that give no tokens are left out. A weight is the one asked for, but where some domain was cut
    at its `max_epochs` or left out, it is the domain's share of the plan's tokens, so that they sum to 1.
    """
    domains = {
        name: ManifestDomain(
            weight=weight,
            documents=plan.domains[name].documents,
            tokens=plan.domains[name].tokens,
            epochs=plan.domains[name].epochs,
            content=signatures[name],
        )
        for name, weight in token_weights(plan).items()
    }
    manifest = Manifest(
        name=plan.mixture.name,
        format=exporter.name,
        corpus=plan.mixture.corpus,
        corpus_fingerprint=plan.corpus_fingerprint,
        fingerprint="",
        tokenizer=tokenizer,
        budget=plan.budget,
        seed=plan.mixture.seed,
        domains=domains,
        files=tuple(files),
        mixture=plan.mixture.model_dump(mode="json"),
        target=plan.target,
        settings=signed_settings_of(exporter),
        encoding=exporter.encoding() if isinstance(exporter, Tokenising) else None,
    )
    return manifest.model_copy(update={"fingerprint": manifest_fingerprint(manifest)})


def manifest_fingerprint(manifest: Manifest) -> str:
    """SHA-256 over all that decides what is trained on, and nothing of how it is written."""
    left_out = {"fingerprint", "format", "settings", "files", "encoding"}
    return disk.fingerprint(manifest.model_dump(mode="json", exclude=left_out))


def verify(folder: Path, progress: Progress = silent) -> dict[str, dict[str, float]]:
    """Read an export as its trainer does, and return each domain's share of tokens, asked and obtained.

    Every file must have its sealed bytes; then 10,000 samples or documents are drawn as the trainer's own
    configuration says, as it lies there now.

    Raises:
        NotFoundError: `folder` holds no manifest.
        TamperedError: A data file is missing or has other bytes.
        BadInputError: The configuration cannot be read, or names data that is not the export's.
    """
    manifest = _read(folder)
    if manifest is None:
        raise NotFoundError(folder, "holds no readable manifest.json", "name the folder of an export")
    for done, file in enumerate(manifest.files, 1):
        if not (folder / file.path).is_file() or disk.file_sha256(folder / file.path) != file.sha256:
            raise TamperedError(folder / file.path, "is missing or not as it was sealed", "export again")
        progress(done, len(manifest.files), "checking files")
    exporter = make(EXPORTERS, manifest.format, manifest.settings)
    try:
        shares = obtained(exporter.drawn(manifest, folder))
    except MixdeskError:
        raise
    except (OSError, KeyError, IndexError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
        rule = f"the {manifest.format} configuration cannot be read ({type(error).__name__}: {error})"
        raise BadInputError(folder, rule, "mend it or export again") from None
    return {
        domain: {"asked": part.weight, "obtained": shares.get(domain, 0.0)}
        for domain, part in manifest.domains.items()
    }


# --- the folder -------------------------------------------------------------------------------------


def _is_occupied(out: Path) -> bool:
    return out.exists() and not (out.is_dir() and not any(out.iterdir()))


def _read(out: Path) -> Manifest | None:
    try:
        return Manifest.model_validate(disk.read_json(out / "manifest.json"))
    except (OSError, ValueError, ValidationError):
        return None


def _check_out(out: Path, mixture: Mixture, exporter: Exporter, corpus: str) -> None:
    """Refuse a folder that cannot turn out to be this export, before any work is done."""
    if not _is_occupied(out):
        return
    there = _read(out)
    asked = (exporter.name, signed_settings_of(exporter), mixture.model_dump(mode="json"))
    if there is None or (there.format, there.settings, there.mixture) != asked:
        raise BadInputError(out, "is not empty and holds something else", "name another folder or remove it")
    if there.corpus_fingerprint != corpus:
        raise _other_documents(out)


def _same_or_refuse(out: Path, manifest: Manifest) -> Manifest:
    there = _read(out)
    if there is None or there.fingerprint != manifest.fingerprint:
        raise _other_documents(out)
    if there.encoding != manifest.encoding:
        rule = "holds this export by another tokenizer"
        raise BadInputError(out, rule, "name another folder or remove this one")
    for file in there.files:
        if not (out / file.path).is_file() or disk.file_sha256(out / file.path) != file.sha256:
            rule = f"holds this export, but {file.path} has been changed or removed"
            raise BadInputError(out, rule, "remove the folder and export again")
    return there


def _other_documents(out: Path) -> BadInputError:
    rule = "holds an export of other documents: the corpus, its columns or the target have changed since"
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
