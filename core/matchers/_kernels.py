"""Texts of UTF-8 bytes to hashed n-grams, to the keys of MinHash's bands, to sorted sets; compiled.

A text is bytes `data[starts[i]:starts[i + 1]]`. `folds` gives by code point what it is folded to: 0 parts
words, 1 is left out, others count as they are, and those of `alone` or more are words by themselves.
Imported where it is used, for it loads a compiler.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.matchers._compiled import compiled

Bytes = NDArray[np.uint8]
Narrow = NDArray[np.uint32]
Wide = NDArray[np.uint64]
Positions = NDArray[np.int64]

_BASE = np.uint64(0x9E3779B97F4A7C15)
_UNDONE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))
_ONE, _NONE = np.uint64(1), np.uint64(0)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_MOST = np.uint32(0xFFFFFFFF)
_SPACE = np.uint64(32)


@compiled
def _mix(value: Any) -> Any:
    """Spread every bit over all bits (the finaliser of splitmix64)."""
    value = (value ^ (value >> _S30)) * _M1
    value = (value ^ (value >> _S27)) * _M2
    return value ^ (value >> _S31)


@compiled
def _point(data: Bytes, i: int) -> tuple[int, int]:
    """Return the code point of two bytes or more that begins at i, and where the next begins."""
    byte = data[i]
    if byte < 0xE0:
        return ((byte & 0x1F) << 6) | (data[i + 1] & 0x3F), i + 2
    if byte < 0xF0:
        return ((byte & 0x0F) << 12) | ((data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F), i + 3
    high = ((byte & 0x07) << 18) | ((data[i + 1] & 0x3F) << 12)
    return high | ((data[i + 2] & 0x3F) << 6) | (data[i + 3] & 0x3F), i + 4


@compiled
def flags(data: Bytes, starts: Positions, folds: Narrow, many: int, unmet: int) -> Bytes:
    """Return for each text 1 if a character stands for several, plus 2 if one was not met yet."""
    found = np.zeros(len(starts) - 1, dtype=np.uint8)
    for text in range(len(starts) - 1):
        i = starts[text]
        while i < starts[text + 1]:
            if data[i] < 0x80:
                i += 1
                continue
            point, i = _point(data, i)
            if folds[point] == many:
                found[text] |= 1
            elif folds[point] == unmet:
                found[text] |= 2
    return found


@compiled
def _words(data: Bytes, i: int, end: int, folds: Narrow, alone: int, out: Wide) -> int:
    """Write a hash of each word from i to the end; return their number."""
    count = 0
    value, power, inside = _NONE, _ONE, False
    while i < end:
        if data[i] < 0x80:
            fold = folds[data[i]]
            i += 1
        else:
            point, i = _point(data, i)
            fold = folds[point]
            if fold == 1:
                continue
        if inside and (fold == 0 or fold >= alone):
            out[count] = _mix(value)
            count += 1
            value, power, inside = _NONE, _ONE, False
        if fold >= alone:
            out[count] = _mix(np.uint64(fold))
            count += 1
        elif fold != 0:
            value += np.uint64(fold) * power
            power *= _BASE
            inside = True
    if inside:
        out[count] = _mix(value)
        count += 1
    return count


@compiled
def _characters(data: Bytes, i: int, end: int, folds: Narrow, out: Wide) -> int:
    """Write each character from i to the end, with one space between words; return their number."""
    count, parted = 0, False
    while i < end:
        if data[i] < 0x80:
            fold = folds[data[i]]
            i += 1
        else:
            point, i = _point(data, i)
            fold = folds[point]
            if fold == 1:
                continue
        if fold == 0:
            parted = count > 0
            continue
        if parted:
            out[count] = _SPACE
            count += 1
            parted = False
        out[count] = np.uint64(fold)
        count += 1
    return count


@compiled
def _grams(values: Wide, count: int, n: int, out: Narrow) -> int:
    """Write a hash of each n values in a row, of all where they are fewer; return their number."""
    if count == 0:
        return 0
    size = min(n, count)
    value, power, last = _NONE, _ONE, _ONE
    for j in range(size):
        value += values[j] * power
        last = power
        power *= _BASE
    out[0] = np.uint32(_mix(value) >> _S32)
    for j in range(size, count):
        value = (value - values[j - size]) * _UNDONE + values[j] * last
        out[j - size + 1] = np.uint32(_mix(value) >> _S32)
    return count - size + 1


@compiled
def _shingles(
    data: Bytes, i: int, end: int, folds: Narrow, alone: int, n: int, values: Wide, out: Narrow
) -> int:
    """Write a text's n-grams, of characters where `alone` is 0; return their number."""
    count = _words(data, i, end, folds, alone, values) if alone else _characters(data, i, end, folds, values)
    return _grams(values, count, n, out)


@compiled
def _longest(starts: Positions) -> int:
    most = 0
    for text in range(len(starts) - 1):
        most = max(most, starts[text + 1] - starts[text])
    return most


@compiled
def _least(grams: Narrow, count: int, factor: int, shift: int) -> Any:
    """Return the least n-gram after a permutation of the 32-bit numbers."""
    least = _MOST
    for j in range(count):
        least = min(least, np.uint32(grams[j] * factor + shift))
    return least


@compiled
def band_keys(
    data: Bytes,
    starts: Positions,
    folds: Narrow,
    alone: int,
    n: int,
    factors: Narrow,
    shifts: Narrow,
    bands: int,
) -> Wide:
    """Return 64 bits of each band's minima by text; 0 for a text without words."""
    keys = np.zeros((len(starts) - 1, bands), dtype=np.uint64)
    size, rows = _longest(starts), len(factors) // bands
    values, grams = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint32)
    for text in range(len(starts) - 1):
        count = _shingles(data, starts[text], starts[text + 1], folds, alone, n, values, grams)
        if count == 0:
            continue
        for band in range(bands):
            key = _NONE
            for row in range(band * rows, (band + 1) * rows):
                least = np.uint64(_least(grams, count, factors[row], shifts[row]))
                key = _mix(key * _S31 + least)
            keys[text, band] = max(key, _ONE)
    return keys


@compiled
def _sorted(values: Narrow, other: Narrow, count: int, places: Positions) -> None:
    """Sort the first `count` values, byte by byte; `places` has 257 numbers."""
    for step in range(4):
        shift = np.uint32(8 * step)
        places[:] = 0
        for j in range(count):
            places[((values[j] >> shift) & np.uint32(255)) + 1] += 1
        for byte in range(256):
            places[byte + 1] += places[byte]
        for j in range(count):
            byte = (values[j] >> shift) & np.uint32(255)
            other[places[byte]] = values[j]
            places[byte] += 1
        values, other = other, values  # four times: the result lies where it began


@compiled
def sets(data: Bytes, starts: Positions, folds: Narrow, alone: int, n: int) -> tuple[Narrow, Positions]:
    """Return the texts' distinct n-grams, sorted, one text after another, and where each text's begin."""
    size = _longest(starts)
    values, grams = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint32)
    other, out = np.empty(size, dtype=np.uint32), np.empty(max(size, 1 << 16), dtype=np.uint32)
    firsts, places = np.empty(len(starts), dtype=np.int64), np.empty(257, dtype=np.int64)
    firsts[0] = done = 0
    for text in range(len(starts) - 1):
        count = _shingles(data, starts[text], starts[text + 1], folds, alone, n, values, grams)
        _sorted(grams, other, count, places)
        if done + count > len(out):
            larger = np.empty(2 * (done + count), dtype=np.uint32)
            for j in range(done):
                larger[j] = out[j]
            out = larger
        for j in range(count):
            if j == 0 or grams[j] != grams[j - 1]:
                out[done] = grams[j]
                done += 1
        firsts[text + 1] = done
    return out[:done], firsts


@compiled
def numbered(keys: Wide, table: Wide, counts: NDArray[np.int32], out: NDArray[np.int32], used: int) -> int:
    """Number the keys that stand twice or more, from `used` on, in order of coming; -1 for one alone, or 0.

    `table` and `counts` are zeros, a power of two and at least twice as many as keys; returns the next number.
    """
    last = np.uint64(len(table) - 1)
    for i in range(len(keys)):
        out[i] = -1
        if keys[i] == _NONE:
            continue
        slot = _mix(keys[i]) & last
        while table[slot] != _NONE and table[slot] != keys[i]:
            slot = (slot + _ONE) & last
        table[slot] = keys[i]
        counts[slot] += 1
        out[i] = slot
    for i in range(len(keys)):
        if out[i] < 0:
            continue
        slot = np.uint64(out[i])
        if counts[slot] == 1:
            out[i] = -1
            continue
        if counts[slot] > 1:
            counts[slot] = -used - 2
            used += 1
        out[i] = -counts[slot] - 2
    return used
