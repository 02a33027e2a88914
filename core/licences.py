"""Licences: hang each document's licence, its tier and the evidence for it beside the corpus."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core import disk, plain_yaml
from core.engines import LocalEngine
from core.errors import BadInputError, NotFoundError
from core.licensing import (
    GOVERNMENT,
    NOTHING,
    TIERS,
    UNKNOWN,
    Found,
    below_open,
    of_text,
    recognised,
    tier_named,
    tier_of,
)
from core.types import JSON, Corpus, Progress, silent
from core.workspace import Workspace

NAMES = ("licence", "licence_tier", "licence_evidence", "licence_conflict")
FIELDS = ("license", "licence", "licence_", "license_expression", "metadata_license", "meta_license")
VERSION = 1
SHARD_ROWS = 2048
MOST_LISTED = 50  # licences, conflicts and unknown values in a result
STRONG = frozenset({"spdx", "licence text", "header"})  # what a text says outright
_GOVERNMENT_HOST = re.compile(
    r"\.(?:gov|mil)(?:\.[a-z]{2})?$|\.(?:gouv\.fr|gob\.[a-z]{2}|go\.(?:jp|kr|id|th|ke|ug|tz)|govt\.nz|gc\.ca|europa\.eu"
    r"|admin\.ch|bund\.de|gv\.at|overheid\.nl|gov)$"
)
_OPEN_CARD = frozenset({"licence", "license", "tier"})


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a whole source: its licence, its tier, or both."""

    licence: str | None
    tier: str


def licences(
    workspace: Workspace,
    name: str,
    field: str | None = None,
    by_source: Mapping[str, str | Mapping[str, str]] | None = None,
    progress: Progress = silent,
    workers: int | None = None,
) -> dict[str, JSON]:
    """Hang `licence`, `licence_tier`, `licence_evidence` and `licence_conflict` beside the documents.

    Whoever is trusted most and names a licence decides, in this order: the document's own metadata
    (evidence ``field``); what its text says outright (``spdx``, ``licence text``, ``header``); its source's
    card (``card``); a sentence or an address in its text (``phrase``, ``url``); a government's address
    in its field `url` (``address``). Where nobody does, the evidence is ``none`` and the tier ``unknown``.
    A card's tier 2a or 2b tells how a source came about, which no document of it can know: it holds for
    all its documents that would otherwise stand in tier 1.

    Where another of them speaks for a different tier, `licence_conflict` says who and what, else it is
    null. Nothing is dropped: a mixture does that, with a filter such as ``licence_tier = '1 open'``.

    Args:
        workspace: where the corpus lives.
        name: the corpus.
        field: the field that names a document's licence; by default the first of `FIELDS` that is there.
        by_source: source → an SPDX identifier, a licence's name or a tier, or ``{licence:, tier:}``.
        progress: told the documents done.
        workers: processes; by default one a core, and none for a corpus of a single shard.

    Returns:
        `columns`, `field`, and in documents, tokens and share of tokens: `by_tier`, `by_evidence`,
        `by_domain` (domain → tier → the same), `licences` (the 50 with most tokens); `conflicts` (the 50
        most frequent), `conflicting` (documents), `unrecognised` (values of the field that name no known
        licence → documents) and `unused_cards` (of sources that are not there). Kept as the report
        `licences`.

    Raises:
        NotFoundError: for an unknown corpus or field.
        BadInputError: for a card that names no licence and no tier.
    """
    corpus = workspace.corpus(name)
    _check_names(corpus)
    chosen = _field(corpus, field)
    cards = {source: _card(source, said) for source, said in (by_source or {}).items()}
    url = "url" if "url" in corpus.fields else None
    signed = disk.fingerprint({s: [card.licence, card.tier] for s, card in cards.items()}) if cards else ""
    settings = {"field": chosen, "cards": signed}
    column = workspace.column(corpus, "licences", VERSION, settings, NAMES, "risk")
    workspace.write_column(
        corpus,
        column,
        partial(_produce, chosen, url, cards),
        reads=["text", "source", *(one for one in (chosen, url) if one)],
        shard_rows=SHARD_ROWS,
        progress=progress,
        engine=LocalEngine(1 if corpus.documents <= SHARD_ROWS else workers),
    )
    unused = sorted(set(cards) - set(corpus.domains))
    result = {"columns": list(NAMES), "field": chosen, **_counted(workspace, corpus)}
    result |= {"unrecognised": _unrecognised(workspace, corpus, chosen), "unused_cards": unused}
    workspace.write_report(corpus, "licences", result)
    return result


def read_cards(path: Path) -> dict[str, str | Mapping[str, str]]:
    """Read the cards of sources: a YAML map of source → licence or tier, or → ``{licence:, tier:}``."""
    try:
        found = plain_yaml.read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(path, f"cannot be read ({type(error).__name__})", "name a YAML file") from None
    if not isinstance(found, dict):
        raise BadInputError(path, "holds no map of sources", "write a line `source: licence` for each source")
    return found


def _check_names(corpus: Corpus) -> None:
    taken = [name for name in NAMES if name in corpus.fields]
    if taken:
        raise BadInputError(
            taken[0],
            "the documents have a field of that name",
            "ingest them again: it becomes " + taken[0] + "_",
        )


def _field(corpus: Corpus, wanted: str | None) -> str | None:
    if wanted is None:
        return next((known for known in FIELDS if known in corpus.fields), None)
    for name in (wanted, f"{wanted}_"):  # a field whose name a stage has taken was given a new one
        if name in corpus.fields:
            return name
    known = ", ".join(corpus.fields) or "none"
    raise NotFoundError(wanted, "the documents have no such field", f"their fields: {known}")


def _card(source: str, said: object) -> Card:
    """Understand a card; a word is a tier where one has that name, else a licence."""
    if isinstance(said, Mapping):
        if not said or not _OPEN_CARD.issuperset(said):
            raise BadInputError(
                f"{source}: {', '.join(map(str, said))}",
                "a card has a licence, a tier, or both",
                "write {licence: MIT, tier: 2a}",
            )
        licence, tier = said.get("licence", said.get("license")), said.get("tier")
    else:
        licence, tier = (None, said) if tier_named(str(said)) else (said, None)
    named = recognised(licence) if isinstance(licence, str) else None
    if named is None and (tier is None or licence is not None):
        raise BadInputError(f"{source}: {licence}", "no known licence", "give an SPDX identifier or a tier")
    known = tier_named(str(tier)) if tier is not None else tier_of(named)
    if known is None:
        raise BadInputError(f"{source}: {tier}", "no such tier", "choose one of: " + ", ".join(TIERS))
    return Card(named, known)


def _produce(field: str | None, url: str | None, cards: Mapping[str, Card], table: Any) -> dict[str, Any]:
    """Judge one shard; stands at the module's top so that it travels to worker processes."""
    import pyarrow as pa

    empty = [None] * table.num_rows
    values = table[field].to_pylist() if field else empty
    addresses = table[url].to_pylist() if url else empty
    rows = [
        judged(text, None if value is None else str(value), cards.get(source), address)
        for text, source, value, address in zip(
            table["text"].to_pylist(), table["source"].to_pylist(), values, addresses, strict=True
        )
    ]
    columns = zip(*rows, strict=True)
    return {name: pa.array(column, pa.string()) for name, column in zip(NAMES, columns, strict=True)}


def judged(
    text: str, value: str | None = None, card: Card | None = None, address: object = None
) -> tuple[str | None, str, str, str | None]:
    """Return a document's licence, tier, evidence, and who else speaks for another tier."""
    own = of_text(text)
    said = [_by_field(value), own if own.evidence in STRONG else NOTHING]
    said.append(Found(card.licence, card.tier, "card") if card else NOTHING)
    said += [NOTHING if own.evidence in STRONG else own, _by_address(address)]
    heard = [found for found in said if found.evidence != "none"]
    if not heard:
        return NOTHING.licence, NOTHING.tier, NOTHING.evidence, None
    first = heard[0]
    tier = card.tier if card and below_open(card.tier) and first.tier == TIERS[0] else first.tier
    against = [f"{f.evidence}: {f.licence or f.tier}" for f in heard[1:] if _differs(f.tier, first.tier)]
    return first.licence, tier, first.evidence, next(iter(against), None)


def _differs(one: str, other: str) -> bool:
    """Whether two tiers contradict each other; 2a and 2b only tell more of tier 1."""
    plain = [TIERS[0] if below_open(tier) else tier for tier in (one, other)]
    return UNKNOWN not in plain and plain[0] != plain[1]


def _by_field(value: str | None) -> Found:
    licence = recognised(value) if value else None
    return Found(licence, tier_of(licence), "field") if licence else NOTHING


def _by_address(address: object) -> Found:
    if not isinstance(address, str) or "." not in address:
        return NOTHING
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:  # brackets that are no IPv6 address
        return NOTHING
    return Found(None, GOVERNMENT, "address") if _GOVERNMENT_HOST.search(host) else NOTHING


def _counted(workspace: Workspace, corpus: Corpus) -> dict[str, JSON]:
    rows = workspace.query(
        corpus,
        "SELECT source, licence, licence_tier, licence_evidence, licence_conflict, count(*) AS documents, "
        "sum(tokens)::BIGINT AS tokens FROM documents GROUP BY ALL",
    ).to_pylist()
    by_licence = _shares(rows, "licence")
    conflicts: dict[str, int] = {}
    for row in rows:
        if row["licence_conflict"] is not None:
            words = f"{row['licence_evidence']}: {row['licence'] or row['licence_tier']}, but {row['licence_conflict']}"
            conflicts[words] = conflicts.get(words, 0) + row["documents"]
    return {
        "by_tier": _shares(rows, "licence_tier"),
        "by_evidence": _shares(rows, "licence_evidence"),
        "by_domain": {
            domain: _shares([row for row in rows if row["source"] == domain], "licence_tier")
            for domain in corpus.domains
        },
        "licences": dict(list(by_licence.items())[:MOST_LISTED]),
        "conflicting": sum(conflicts.values()),
        "conflicts": dict(sorted(conflicts.items(), key=lambda item: (-item[1], item[0]))[:MOST_LISTED]),
    }


def _shares(rows: Sequence[Mapping[str, Any]], key: str) -> dict[str, JSON]:
    """Sum documents and tokens by the values of a column, the most tokens first; null is ``none``."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        total = found.setdefault(row[key] or "none", {"documents": 0, "tokens": 0})
        for unit in ("documents", "tokens"):
            total[unit] += row[unit]
    tokens = sum(total["tokens"] for total in found.values())
    for total in found.values():
        total["share"] = total["tokens"] / tokens if tokens else 0.0
    return dict(sorted(found.items(), key=lambda item: (-item[1]["tokens"], item[0])))


def _unrecognised(workspace: Workspace, corpus: Corpus, field: str | None) -> dict[str, int]:
    """Return the field's values that name no known licence, the most frequent first."""
    if field is None:
        return {}
    quoted = '"' + field.replace('"', '""') + '"'
    found = workspace.query(
        corpus,
        f"SELECT {quoted}::VARCHAR AS value, count(*) AS documents FROM documents "  # noqa: S608 a field's name, quoted
        f"WHERE {quoted} IS NOT NULL GROUP BY value ORDER BY documents DESC, value LIMIT 10000",
    ).to_pylist()
    unknown = {row["value"][:80]: row["documents"] for row in found if recognised(row["value"]) is None}
    return dict(list(unknown.items())[:MOST_LISTED])
