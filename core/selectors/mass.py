"""MASS: documents that touch the skills of a skill graph (Li et al. 2025)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.selectors import _vectors
from core.selectors._columns import phrases_of
from core.selectors._order import by_key, take
from core.types import Columns

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SkillGraph:
    """Takes the documents of the highest sᵀ A s: s says how near a document is to each skill, A is the graph.

    `target` is a file of what reference texts exercise, one text a line: its skills, semicolons between. A
    skill's weight in A is the share of the lines that name it; a link's is the share that names both, so that
    a document counts for the weighty skills it touches and for the links among them (the paper aggregates
    through the adjacency matrix, too; this plain quadratic form is ours). s is the cosine of the document's
    vector with that of the skill's name, embedded alike, and 0 below `threshold`; or, with `skills`, 1 for
    each skill that the document's own list holds (a column of lists, or text with semicolons between).
    Documents that touch nothing come last.
    """

    name: ClassVar[str] = "mass"
    version: ClassVar[int] = 1
    obtain: ClassVar[str] = (
        "hang the documents' skills with `python -m core add-column`, or leave `skills` out to compare vectors"
    )
    target: str = field(default="", metadata={"file": True})
    skills: str = ""
    threshold: float = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise BadInputError(f"threshold {self.threshold}", "is a cosine between 0 and 1", "try 0.3")

    @property
    def needs(self) -> tuple[str, ...]:
        """The reference texts' skills, and the documents' own or their vectors."""
        own = (self.skills,) if self.skills else ("vectors", "target_vectors")
        return ("target_texts", *own)

    def phrases(self, texts: Sequence[str]) -> list[str]:
        """Return the skills that the lines name, which `target_vectors` are of."""
        return sorted({skill.lower() for text in texts for skill in phrases_of(text)})

    def select(
        self, columns: Columns, budget: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.bool_], str]:
        """Return a mask over the pool of about `budget` tokens, and the rule in one sentence."""
        lines = columns["target_texts"].tolist()
        skills = self.phrases(lines)
        if not skills:
            raise BadInputError("target", "names no skill", "write skills, semicolons between")
        graph = _graph(lines, skills)
        touched = self._by_column(columns, skills, graph) if self.skills else self._by_vectors(columns, graph)
        rule = f"Documents that touch the weightiest of {len(skills)} skills and the links among them."
        return take(by_key(-touched, rng), columns["tokens"], budget), rule

    def _by_vectors(self, columns: Columns, graph: Doubles) -> Doubles:
        vectors, _ = _vectors.unit(columns["vectors"])
        names, _ = _vectors.unit(columns["target_vectors"])
        found = np.zeros(len(vectors))
        for part in _vectors.blocks(len(vectors)):
            near = (vectors[part] @ names.T).astype(np.float64)
            near[near < self.threshold] = 0.0
            found[part] = np.einsum("ij,ij->i", near @ graph, near)
        return found

    def _by_column(self, columns: Columns, skills: Sequence[str], graph: Doubles) -> Doubles:
        place = {skill: i for i, skill in enumerate(skills)}
        found = np.zeros(len(columns[self.skills]))
        for row, value in enumerate(columns[self.skills]):
            own = {place[low] for phrase in phrases_of(value) if (low := phrase.lower()) in place}
            at = sorted(own)
            found[row] = graph[np.ix_(at, at)].sum()
        return found


def _graph(lines: Sequence[str], skills: Sequence[str]) -> Doubles:
    """Return the (skills, skills) shares of lines that name both."""
    place = {skill: i for i, skill in enumerate(skills)}
    graph = np.zeros((len(skills), len(skills)))
    for line in lines:
        at = sorted({place[skill.lower()] for skill in phrases_of(line)})
        graph[np.ix_(at, at)] += 1
    return graph / len(lines)
