"""The validation part: held out of every domain by content, before anything is sampled."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.backend._files import fingerprint

Copies = Mapping[bytes, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Holdout:
    """Which texts, by their hashes, are validated on, and what near copies cost.

    `left_out` are near copies of a held-out text, which are trained on nowhere; `passed_over` counts, by
    domain, texts that stay in training because they have near copies; `close` counts held-out texts that
    have near copies in training, in domains that hold nothing else.
    """

    held: frozenset[bytes]
    left_out: frozenset[bytes] = frozenset()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    close: Mapping[str, int] = field(default_factory=dict)


def text_hash(text: str) -> bytes:
    """SHA-256 of the text's bytes in UTF-8: what makes two documents the same."""
    return hashlib.sha256(text.encode("utf-8")).digest()


def candidates(texts: int, share: float, most: int) -> int:
    """Return how many of a domain's distinct texts are looked at: twice what is held out, and eight."""
    return 2 * _wanted(texts, share, most) + 8


def _wanted(texts: int, share: float, most: int) -> int:
    return min(most, max(1, round(share * texts)))


def held_out(
    hashes: Mapping[str, Iterable[bytes]], share: float, most: int, copies: Copies | None = None
) -> Holdout:
    """Choose the texts to validate on: in each domain those with the smallest hashes.

    No domain loses its last text, and one with two distinct texts or more gives at least one, unless
    its other copies in smaller domains forbid it. A held-out text is held out of every domain that
    has it, so that no exact copy is trained on. The choice depends on the texts alone: not on their
    order, their ids or a seed.

    A text that has near copies is passed over for the next one, which costs nothing. A domain that has too
    few others gives such texts, and their copies are left out of training, but of no domain more than it
    holds out. One of which all texts are near copies of one another gives texts that have copies in
    training: it has no others, and its loss is to be read so.

    Args:
        hashes: The domains' texts as hashes; repeats are allowed.
        share: The part of a domain's distinct texts to hold out.
        most: The largest number of texts for a domain to give.
        copies: By text, those that nearly equal it, for each of every domain's first `candidates` by hash;
            None where near copies do not matter.
    """
    distinct = {domain: frozenset(hashes[domain]) for domain in sorted(hashes)}
    wanted = {domain: _wanted(len(texts), share, most) for domain, texts in distinct.items()}
    choice = _Choice(distinct, wanted, copies or {})
    for domain, texts in distinct.items():
        looked_at = len(texts) if copies is None else candidates(len(texts), share, most)
        choice.choose(domain, sorted(texts)[:looked_at])
    return choice.result()


class _Choice:
    """What is held out so far, and how many texts each domain has left."""

    def __init__(
        self, distinct: Mapping[str, frozenset[bytes]], wanted: Mapping[str, int], copies: Copies
    ) -> None:
        self._wanted, self._copies = wanted, copies
        self._homes: dict[bytes, list[str]] = {}
        for domain, texts in distinct.items():
            for text in texts:
                self._homes.setdefault(text, []).append(domain)
        self._left = {domain: len(texts) for domain, texts in distinct.items()}
        self._gives = dict.fromkeys(distinct, 0)
        self._spare = dict(wanted)  # texts that may yet be left out as near copies
        self._held: set[bytes] = set()
        self._gone: set[bytes] = set()
        self._passed: dict[str, int] = {}
        self._close: dict[str, int] = {}

    def result(self) -> Holdout:
        return Holdout(frozenset(self._held), frozenset(self._gone), self._passed, self._close)

    def choose(self, domain: str, texts: Sequence[bytes]) -> None:
        """Hold out texts of one domain until it gives as many as are wanted."""
        with_copies = []
        for text in texts:
            if not self._wants(domain):
                break
            if self._copies_of(text):
                with_copies.append(text)
            else:
                self._hold(text)
        for text in with_copies:
            if self._wants(domain) and self._leave_out(text):
                self._hold(text)
        if with_copies and not self._gives[domain]:
            for text in with_copies:
                if self._wants(domain) and self._hold(text):
                    self._close[domain] = self._close.get(domain, 0) + 1
        elif passed := len(set(with_copies) - self._held - self._gone):
            self._passed[domain] = passed

    def _wants(self, domain: str) -> bool:
        return self._gives[domain] < self._wanted[domain]

    def _copies_of(self, text: bytes) -> frozenset[bytes]:
        """Return the near copies of a text that are trained on."""
        return self._copies.get(text, frozenset()) - self._held - self._gone

    def _hold(self, text: bytes) -> bool:
        """Hold a text out of all its domains, unless one of them would be left with none."""
        if (
            text in self._held
            or text in self._gone
            or any(self._left[home] <= 1 for home in self._homes[text])
        ):
            return False
        self._held.add(text)
        for home in self._homes[text]:
            self._left[home] -= 1
            self._gives[home] += 1
        return True

    def _leave_out(self, text: bytes) -> bool:
        """Leave a text's copies out of training, unless a domain would lose too many, or all but the text."""
        copies, lost = self._copies_of(text), Counter[str]()
        for copy in copies:
            lost.update(self._homes[copy])
        taken = lost + Counter(self._homes[text])
        if text in self._gone or any(
            lost[home] > self._spare[home] or taken[home] >= self._left[home] for home in taken
        ):
            return False
        self._gone |= copies
        for home, fewer in lost.items():
            self._spare[home] -= fewer
            self._left[home] -= fewer
        return True


def validation_fingerprint(by_domain: Mapping[str, Iterable[bytes]]) -> str:
    """SHA-256 over the domains and their validation texts: equal where losses can be compared."""
    return fingerprint({domain: sorted(h.hex() for h in texts) for domain, texts in by_domain.items()})
