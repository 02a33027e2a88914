"""Names for clusters, from the words that set each apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

NUM_TERMS = 10  # kept for each cluster
TERMS_IN_NAME = 3
MIN_DOCUMENTS_RATIO = 0.1  # of a cluster's documents; a word of fewer is chance, or junk
MAX_VOCABULARY = 50_000
# Words of three letters or more, without digits or underscores on either side: no identifiers, no hashes.
WORD = r"(?u)(?<![\w.\\/-])[^\W\d_]{3,20}(?![\w\\/])"

# Words of every program, which say nothing of what it is about.
CODE_WORDS = (
    "args arg assert bool char cls const def dict elif else endif enum false float func function import"
    " imports init int kwargs lambda len list none null obj param params print return returns self set"
    " str string struct tmp true tuple typedef var void"
)

# scikit-learn's English list holds these, but they say what a text is about.
CONTENT_WORDS = "amount bill cry describe detail fire interest mill mine sincere system thick thin"


def cluster_terms(texts: Sequence[str], clusters: NDArray[np.int32]) -> dict[int, list[str]]:
    """Return for each cluster the words of highest class-based TF-IDF, best first, at most ten.

    Weight of word t in cluster c: tf(t, c) · log(1 + A / f(t)), with f(t) the word's count over all
    clusters and A the mean number of words a cluster (Grootendorst 2022, BERTopic, section 3.3).
    English stop words and programs' keywords are left out, and so is a word that fewer than a tenth of the cluster's
    documents hold, or that is another form of one already taken ("file", "files").
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    numbers = sorted(set(clusters.tolist()))
    stop_words = sorted(ENGLISH_STOP_WORDS.difference(CONTENT_WORDS.split()).union(CODE_WORDS.split()))
    vectorizer = CountVectorizer(
        token_pattern=WORD, stop_words=stop_words, max_features=MAX_VOCABULARY, dtype=np.int32
    )
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no word at all: "empty vocabulary"
        return {number: [] for number in numbers}
    words = vectorizer.get_feature_names_out()
    members = [np.flatnonzero(clusters == number) for number in numbers]
    tf = np.stack([np.asarray(counts[rows].sum(axis=0)).ravel() for rows in members]).astype(np.float64)
    weights = tf * np.log(1 + tf.sum(axis=1).mean() / tf.sum(axis=0))
    for row, rows in enumerate(members):
        holders = np.diff(counts[rows].tocsc().indptr)
        weights[row, holders < max(min(2, len(rows)), MIN_DOCUMENTS_RATIO * len(rows))] = 0
    return {number: _best(words, weights[row]) for row, number in enumerate(numbers)}


def _best(words: NDArray[np.object_], weights: NDArray[np.float64]) -> list[str]:
    taken: list[str] = []
    for position in np.argsort(-weights, kind="stable"):
        if weights[position] <= 0 or len(taken) == NUM_TERMS:
            break
        word = str(words[position])
        if not any(_same_stem(word, other) for other in taken):
            taken.append(word)
    return taken


def _same_stem(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) <= 3 and long.startswith(short[: max(3, len(short) - 1)])


def cluster_names(terms: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """Return a name a cluster, no two alike: its first three terms, more or a number where that is taken."""
    names: dict[int, str] = {}
    for number, words in terms.items():
        lengths = range(TERMS_IN_NAME, max(TERMS_IN_NAME, len(words)) + 1)
        choices = [" · ".join(words[:length]) for length in lengths if words]
        choices.append(f"{choices[0]} ({number})" if choices else f"unnamed {number}")
        names[number] = next(choice for choice in choices if choice not in names.values())
    return names
