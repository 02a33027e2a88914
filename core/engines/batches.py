"""How texts are cut into runs that are worked on at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def runs(texts: Sequence[str], characters: int, num_texts: int | None = None) -> Iterator[Sequence[str]]:
    """Yield the texts, in order, in runs of at most so many characters together, and so many texts.

    A text longer than that is a run by itself.
    """
    begin = size = 0
    for i, text in enumerate(texts):
        if i > begin and (i - begin == num_texts or size + len(text) > characters):
            yield texts[begin:i]
            begin, size = i, 0
        size += len(text)
    if begin < len(texts):
        yield texts[begin:]
