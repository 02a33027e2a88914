"""The validation part: held out of every domain by content, before anything is sampled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from core.backend._files import fingerprint


def text_hash(text: str) -> bytes:
    """SHA-256 of the text's bytes in UTF-8: what makes two documents the same."""
    return hashlib.sha256(text.encode("utf-8")).digest()


def held_out(hashes: Mapping[str, Iterable[bytes]], share: float, most: int) -> frozenset[bytes]:
    """Choose the texts to validate on: in each domain those with the smallest hashes.

    No domain loses its last text, and one with two distinct texts or more gives at least one, unless
    its other copies in smaller domains forbid it. A held-out text is held out of every domain that
    has it, so that no exact copy is trained on. The choice depends on the texts alone: not on their
    order, their ids or a seed.

    Args:
        hashes: The domains' texts as hashes; repeats are allowed.
        share: The part of a domain's distinct texts to hold out.
        most: The largest number of texts for a domain to give.
    """
    distinct = {domain: frozenset(hashes[domain]) for domain in sorted(hashes)}
    homes: dict[bytes, list[str]] = {}
    for domain, texts in distinct.items():
        for text in texts:
            homes.setdefault(text, []).append(domain)
    left = {domain: len(texts) for domain, texts in distinct.items()}
    held: set[bytes] = set()
    for domain, texts in distinct.items():
        wanted = min(most, max(1, round(share * len(texts))))
        for text in sorted(texts):
            if len(texts) - left[domain] >= wanted:
                break
            if text not in held and all(left[home] > 1 for home in homes[text]):
                held.add(text)
                for home in homes[text]:
                    left[home] -= 1
    return frozenset(held)


def validation_fingerprint(by_domain: Mapping[str, Iterable[bytes]]) -> str:
    """SHA-256 over the domains and their validation texts: equal where losses can be compared."""
    return fingerprint({domain: sorted(h.hex() for h in texts) for domain, texts in by_domain.items()})
