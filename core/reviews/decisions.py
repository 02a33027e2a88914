"""Decisions: a mixture is put to named people, and holds only for the very mixture and corpus they signed.

Signatures are only ever added; a person's latest counts. When the mixture or the corpus changes, the
decision is void: what was signed is no longer what would be trained on. It holds again if both are put back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from sqlalchemy import Connection, insert, select

from core import disk
from core.errors import BadInputError, NotFoundError
from core.reviews.rows import check_note, check_person
from core.reviews.tables import PROPOSALS, SIGNATURES, engine_for, reading, writing
from core.types import JSON, Mixture, dump_mixture
from core.workspace import Workspace

State = Literal["open", "approved", "rejected", "void"]


@dataclass(frozen=True, slots=True)
class Signature:
    """A person's yes or no to the mixture and corpus whose fingerprints the seal covers."""

    person: str
    approves: bool
    reason: str
    seal: str
    time: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A mixture put to people, what they said (oldest first), and where that leaves it."""

    id: int
    mixture: str
    mixture_text: str  # as it was proposed
    mixture_fingerprint: str
    corpus: str
    corpus_fingerprint: str
    proposer: str
    signers: tuple[str, ...]
    note: str
    time: float
    signatures: tuple[Signature, ...]
    state: State
    why: str

    @property
    def seal(self) -> str:
        """What a signature is bound to."""
        return seal_of(self.mixture_fingerprint, self.corpus_fingerprint)

    def as_json(self) -> dict[str, JSON]:
        """Everything, for printing."""
        return {**asdict(self), "seal": self.seal}


def mixture_fingerprint(mixture: Mixture) -> str:
    """SHA-256 over every key of the mixture, defaults included; 64 hex digits."""
    return disk.fingerprint(mixture.model_dump(mode="json"))


def seal_of(mixture: str, corpus: str) -> str:
    """One fingerprint of both."""
    return disk.fingerprint([mixture, corpus])


class Decisions:
    """The decisions of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._engine = engine_for(workspace.database_url)

    def propose(self, mixture: str, proposer: str, signers: Sequence[str], note: str = "") -> Decision:
        """Put a saved mixture, as it is now, to the people who must all sign."""
        people = list(dict.fromkeys(check_person(person) for person in signers))
        if not people:
            raise BadInputError(mixture, "nobody is named to sign", "name one person or more")
        value = self.workspace.mixture(mixture)
        corpus = self.workspace.corpus(value.corpus)
        if value.corpus_fingerprint not in (None, corpus.fingerprint):
            rule = f"it was made for other documents than '{corpus.name}' has now"
            raise BadInputError(mixture, rule, "save it for this corpus first")
        row = {
            "mixture": mixture,
            "mixture_text": dump_mixture(value),
            "mixture_fingerprint": mixture_fingerprint(value),
            "corpus": corpus.name,
            "corpus_fingerprint": corpus.fingerprint,
            "proposer": check_person(proposer),
            "signers": json.dumps(people, ensure_ascii=False),
            "note": check_note(note),
            "time": time.time(),
        }
        with writing(self._engine) as connection:
            key = connection.execute(insert(PROPOSALS), row).inserted_primary_key
        assert key is not None, "the row has just been made"
        return self.decision(key[0])

    def sign(self, identifier: int, person: str, approves: bool, reason: str = "") -> Decision:
        """Add a person's yes or no, bound to the mixture and corpus as proposed.

        Raises:
            BadInputError: somebody who is not named to sign, a no without a reason, a void decision.
        """
        decision, person = self.decision(identifier), check_person(person)
        if person not in decision.signers:
            rule = f"is not named to sign decision {identifier}"
            raise BadInputError(person, rule, f"those named are: {', '.join(decision.signers)}")
        if not approves and not reason.strip():
            raise BadInputError(f"decision {identifier}", "a rejection needs a reason", "say why")
        if decision.state == "void":
            raise BadInputError(f"decision {identifier}", f"is void ({decision.why})", "propose it again")
        row = {"proposal": identifier, "person": person, "approves": approves, "reason": check_note(reason)}
        with writing(self._engine) as connection:
            connection.execute(insert(SIGNATURES), {**row, "seal": decision.seal, "time": time.time()})
        return self.decision(identifier)

    def decision(self, identifier: int) -> Decision:
        """One decision by its number."""
        for decision in self.decisions():
            if decision.id == identifier:
                return decision
        raise NotFoundError(identifier, "no such decision", "look at the list of decisions")

    def decisions(self) -> list[Decision]:
        """Every decision, the newest first."""
        with reading(self._engine) as connection:
            signed = _signatures(connection)
            rows = connection.execute(select(PROPOSALS).order_by(PROPOSALS.c.id.desc())).mappings().all()
        found = []
        for row in rows:
            values = {**row, "signers": tuple(json.loads(row["signers"]))}
            values["signatures"] = tuple(signed.get(row["id"], []))
            decision = Decision(**values, state="open", why="")
            state, why = self._standing(decision)
            found.append(replace(decision, state=state, why=why))
        return found

    def _standing(self, decision: Decision) -> tuple[State, str]:
        """Return the state, and why it is so."""
        if changed := self._change(decision):
            return "void", changed
        last = {s.person: s for s in decision.signatures if s.seal == decision.seal}
        if against := [f"{s.person}: {s.reason}" for s in last.values() if not s.approves]:
            return "rejected", "; ".join(against)
        if missing := [person for person in decision.signers if person not in last]:
            return "open", f"waits for {', '.join(missing)}"
        return "approved", f"signed by {', '.join(last)}"

    def _change(self, decision: Decision) -> str:
        """Say what is not as it was proposed, or nothing."""
        try:
            mixture = self.workspace.mixture(decision.mixture)
            corpus = self.workspace.corpus(decision.corpus)
        except BadInputError as error:
            return f"{error.value}: {error.rule}"
        if mixture_fingerprint(mixture) != decision.mixture_fingerprint:
            return f"the mixture '{decision.mixture}' has changed since"
        if corpus.fingerprint != decision.corpus_fingerprint:
            return f"the corpus '{decision.corpus}' has changed since"
        return ""


def _signatures(connection: Connection) -> dict[int, list[Signature]]:
    found: dict[int, list[Signature]] = {}
    for row in connection.execute(select(SIGNATURES).order_by(SIGNATURES.c.id)):
        signature = Signature(row.person, row.approves, row.reason, row.seal, row.time)
        found.setdefault(row.proposal, []).append(signature)
    return found
