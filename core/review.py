"""Reviews: people label a sample of documents, and what they say becomes a column beside the documents.

Verdicts are only ever added: a changed mind is a new row and the latest counts; taking a verdict back is a
row, too. A session is of one corpus as it was, by its fingerprint.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core import disk
from core.errors import BadInputError, NotFoundError
from core.reviews import agreement
from core.reviews.rows import (
    Session,
    Verdict,
    add_verdict,
    all_rows,
    all_sessions,
    check_note,
    check_person,
    standing,
)
from core.reviews.sample import checked_labels, given, sample
from core.reviews.tables import DOCUMENTS, SESSIONS, engine_for, reading, writing
from core.types import JSON, Column, Corpus, Scalar, check_name
from core.workspace import Workspace

DEFAULT_SIZE = 50


class Reviews:
    """The review sessions of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._engine = engine_for(workspace.database_url)

    # --- sessions -----------------------------------------------------------------------------------

    def open(
        self,
        name: str,
        corpus: str,
        question: str,
        labels: Sequence[str],
        maker: str,
        *,
        size: int = DEFAULT_SIZE,
        stratify: str | None = None,
        documents: Sequence[str] | None = None,
        blind: bool = True,
        seed: int = 0,
    ) -> Session:
        """Open a session over a random sample, a sample with as many of each value of `stratify`, or given ids.

        The same corpus, size and seed draw the same documents in the same order.

        Raises:
            BadInputError: a name that is taken, fewer than two labels, a sample beyond the corpus.
        """
        found = self.workspace.corpus(corpus)
        ids = self.workspace.read(found, ["id"]).column("id").to_pylist()
        chosen: list[int]
        drawn: dict[str, Scalar]
        if documents is not None:
            chosen, drawn = given(ids, documents), {"how": "given"}
        else:
            strata = None if stratify is None else self._values(found, stratify)
            chosen = sample(ids, strata, size, seed)
            drawn = {"how": "random" if stratify is None else f"alike by {stratify}", "seed": seed}
        values = {
            "name": check_name(name, "session"),
            "corpus": found.name,
            "corpus_fingerprint": found.fingerprint,
            "question": question,
            "labels": json.dumps(checked_labels(labels), ensure_ascii=False),
            "maker": check_person(maker),
            "blind": blind,
            "drawn": json.dumps(drawn),
            "created": time.time(),
        }
        rows = [{"session": name, "position": i, "document": ids[r], "row": r} for i, r in enumerate(chosen)]
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(SESSIONS), values)
                connection.execute(insert(DOCUMENTS), rows)
        except IntegrityError:
            raise BadInputError(name, "a session of that name is there", "choose another name") from None
        return self.session(name)

    def sessions(self) -> list[Session]:
        """Every session, the newest first."""
        with reading(self._engine) as connection:
            return all_sessions(connection)

    def session(self, name: str) -> Session:
        """One session by its name; `NotFoundError` lists those there are."""
        found = {session.name: session for session in self.sessions()}
        if name not in found:
            raise NotFoundError(
                name, "no such review session", f"there are: {', '.join(found) or 'none yet'}"
            )
        return found[name]

    def documents(self, name: str) -> dict[str, int]:
        """The session's documents in order: their rows in the corpus by id."""
        query = select(DOCUMENTS.c.document, DOCUMENTS.c.row).where(DOCUMENTS.c.session == name)
        with reading(self._engine) as connection:
            return {row.document: row.row for row in connection.execute(query.order_by(DOCUMENTS.c.position))}

    def _values(self, corpus: Corpus, column: str) -> list[object]:
        names = self.workspace.column_names(corpus)
        if column not in names:
            raise NotFoundError(column, "no such column", "choose one of: " + ", ".join(names))
        values: list[object] = self.workspace.read(corpus, [column]).column(column).to_pylist()
        return values

    def _same_corpus(self, session: Session) -> Corpus:
        corpus = self.workspace.corpus(session.corpus)
        if corpus.fingerprint != session.corpus_fingerprint:
            rule = f"the corpus '{corpus.name}' has other documents than when the session was opened"
            raise BadInputError(session.name, rule, "open a new session")
        return corpus

    # --- verdicts -----------------------------------------------------------------------------------

    def next(self, name: str, reviewer: str) -> tuple[str, int] | None:
        """Return the id and row of the first document without a verdict of the reviewer, or None."""
        reviewer = check_person(reviewer)
        self._same_corpus(self.session(name))
        judged = self.latest(name).get(reviewer, {})
        return next(((d, row) for d, row in self.documents(name).items() if d not in judged), None)

    def give(self, name: str, document: str, reviewer: str, label: str, note: str = "") -> Verdict:
        """Add a verdict; an earlier one of the same reviewer stays on record and counts no more."""
        session = self.session(name)
        self._same_corpus(session)
        if label not in session.labels:
            raise BadInputError(label, "not a label of this session", f"give {' or '.join(session.labels)}")
        if document not in self.documents(name):
            raise NotFoundError(document, f"no document of the session '{name}'", "ask for the next document")
        values = {"document": document, "label": label, "note": check_note(note)}
        with writing(self._engine) as connection:
            return add_verdict(connection, session=name, reviewer=check_person(reviewer), **values)

    def undo(self, name: str, reviewer: str, document: str | None = None) -> Verdict:
        """Take back the reviewer's last verdict that stands (on one document, where given).

        What the reviewer had said of that document before counts again.
        """
        session, reviewer = self.session(name), check_person(reviewer)
        with writing(self._engine) as connection:
            # On PostgreSQL this row is the lock that two who undo at once queue on.
            connection.execute(select(SESSIONS).where(SESSIONS.c.name == name).with_for_update())
            mine = [v for v in standing(connection, session.name) if v.reviewer == reviewer]
            mine = [v for v in mine if document in (None, v.document)]
            if not mine:
                where = f"'{document}'" if document else f"'{name}'"
                raise BadInputError(reviewer, f"has no verdict on {where} to take back", "look at the status")
            last = mine[-1]
            values = {"document": last.document, "label": None, "note": "", "undoes": last.id}
            return add_verdict(connection, session=name, reviewer=reviewer, **values)

    def history(self, name: str) -> list[Verdict]:
        """Every row of the session, the first first: also those that count no more."""
        self.session(name)
        with reading(self._engine) as connection:
            return all_rows(connection, name)

    def latest(self, name: str) -> dict[str, dict[str, Verdict]]:
        """The verdicts that count, by reviewer and document."""
        found: dict[str, dict[str, Verdict]] = {}
        with reading(self._engine) as connection:
            for verdict in standing(connection, name):
                found.setdefault(verdict.reviewer, {})[verdict.document] = verdict
        return found

    # --- what they say together ---------------------------------------------------------------------

    def progress(self, name: str) -> dict[str, int]:
        """How many of the session's documents each reviewer has judged."""
        return {reviewer: len(given) for reviewer, given in sorted(self.latest(name).items())}

    def is_open_to_all(self, name: str) -> bool:
        """Whether others' verdicts may be shown: not blind, or all who began are through."""
        session, done = self.session(name), self.progress(name)
        return not session.blind or (bool(done) and min(done.values()) == session.documents)

    def counts(self, name: str) -> dict[str, dict[str, int]]:
        """How many reviewers gave each label, by document, in the session's order."""
        latest = list(self.latest(name).values())
        labels = {
            document: [verdicts[document].label for verdicts in latest if document in verdicts]
            for document in self.documents(name)
        }
        return {d: dict(Counter(label for label in found if label)) for d, found in labels.items()}

    def agreement(self, name: str) -> dict[str, JSON]:
        """Return `cohen` (by pair, over what both judged), `fleiss` (over what all judged) and `alpha`."""
        latest, counts = self.latest(name), self.counts(name)
        pairs = {}
        for first, second in combinations(sorted(latest), 2):
            both = [d for d in counts if d in latest[first] and d in latest[second]]
            labels = [[str(latest[who][d].label) for d in both] for who in (first, second)]
            pairs[f"{first} & {second}"] = _figure(agreement.cohen_kappa(*labels))
        by_all = [count for count in counts.values() if sum(count.values()) == len(latest)]
        return {
            "cohen": pairs,
            "fleiss": _figure(agreement.fleiss_kappa(by_all)) if len(latest) > 2 else None,
            "alpha": _figure(agreement.krippendorff_alpha(counts.values())),
        }

    def disagreements(self, name: str) -> list[dict[str, JSON]]:
        """Documents whose reviewers differ, the most divided first, with each one's label and note."""
        if not self.is_open_to_all(name):
            rule = "the session is blind until all who began are through"
            raise BadInputError(name, rule, "finish it, or open sessions that are not blind")
        latest, split = self.latest(name), {d: c for d, c in self.counts(name).items() if len(c) > 1}
        order = sorted(split, key=lambda d: max(split[d].values()) / sum(split[d].values()))
        return [
            {
                "document": document,
                "labels": {who: v[document].label for who, v in sorted(latest.items()) if document in v},
                "notes": {who: v[document].note for who, v in latest.items() if document in v},
            }
            for document in order
        ]

    def column(self, name: str) -> Column:
        """Hang what most reviewers said beside the documents: a signal whose makers are people.

        ``review_NAME`` holds the label that more gave than any other (null at a tie and for documents nobody
        judged), ``review_NAME_share`` the share who gave the commonest label.
        """
        session = self.session(name)
        corpus, rows, counts = self._same_corpus(session), self.documents(name), self.counts(name)
        if not any(counts.values()):
            raise BadInputError(name, "nobody has judged a document of this session", "give verdicts first")
        labels = np.full(corpus.documents, None, dtype=object)
        shares = np.full(corpus.documents, np.nan, dtype=np.float32)
        for document, count in counts.items():
            ordered = Counter(count).most_common()
            if ordered:
                shares[rows[document]] = ordered[0][1] / sum(count.values())
            if ordered and (len(ordered) == 1 or ordered[0][1] > ordered[1][1]):
                labels[rows[document]] = ordered[0][0]
        title = column_name(name)
        settings: dict[str, Scalar] = {
            "session": name,
            "reviewers": ", ".join(sorted(self.latest(name))),
            "verdicts": disk.fingerprint({d: sorted(c.items()) for d, c in counts.items()}),
        }
        names = (title, f"{title}_share")
        column = self.workspace.column(corpus, "review", 1, settings, names, "review")
        values = dict(zip(names, (labels, shares), strict=True))
        return self.workspace.write_whole_column(corpus, column, values)


def column_name(session: str) -> str:
    """The column of a session's labels: its name with what SQL would have to quote as '_'."""
    return "review_" + "".join(c if c.isalnum() else "_" for c in session)


def _figure(value: float) -> float | None:
    """A figure for JSON: None where it is undefined."""
    return None if value != value else float(value)
