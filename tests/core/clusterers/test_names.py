"""Clusters are named by the words that set them apart."""

import math

import numpy as np

from core.clusterers._names import cluster_names, cluster_terms

SEA = ["the whale and the harpoon", "whale whales ship", "a harpoon, a ship, whale"]
BANK = ["loan and interest", "interest on the loan ship", "loan loan bank interest"]


def test_terms_follow_the_weights_of_class_based_tf_idf():
    """Tf · log(1 + A / f) ranks whale (3) before harpoon (2) and ship, which the other cluster holds."""
    terms = cluster_terms([*SEA, *BANK], np.repeat([0, 1], 3))
    mean = (8 + 9) / 2  # words a cluster, stop words out
    harpoon, ship = 2 * math.log(1 + mean / 2), 2 * math.log(1 + mean / 3)

    assert harpoon > ship
    assert terms[0] == ["whale", "harpoon", "ship"]
    assert terms[1] == ["loan", "interest"]  # bank stands in one document only


def test_identifiers_numbers_and_keywords_are_no_names():
    """What programs are full of says nothing of what they are about."""
    texts = ["def self.my_value return x1 0xdeadbeef matrix inverse"] * 3

    assert [sorted(terms) for terms in cluster_terms(texts, np.zeros(3)).values()] == [["inverse", "matrix"]]


def test_texts_without_words_have_no_terms():
    """Numbers and signs alone name nothing."""
    assert cluster_terms(["1 2 3", "--"], np.array([0, 1])) == {0: [], 1: []}


def test_names_are_unique():
    """A taken name grows by a term, then by its number; no terms at all give a number."""
    terms = {0: ["a", "b", "c"], 1: ["a", "b", "c", "d"], 2: ["a", "b", "c"], 3: [], 4: ["x"]}
    expected = {0: "a · b · c", 1: "a · b · c · d", 2: "a · b · c (2)", 3: "unnamed 3", 4: "x"}

    assert expected == cluster_names(terms)
