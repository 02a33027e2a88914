"""What every page starts from: the workspace, the corpus chosen in the URL, and cached reads of columns.

Reads are kept by the corpus's fingerprint and those of its columns: a page draws again without touching
the disk, and a new column or corpus is seen at once. Owns the session key `corpus`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.disk import fingerprint
from core.jobs import Jobs
from core.pool import domain_codes
from core.threshold import quoted
from core.types import ColumnKind, Corpus
from core.workspace import Workspace
from pages.parts import plain, ways

OWN_COLUMNS = ("row", "id", "text", "source", "tokens", "content_hash")
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "UTINYINT",
           "USMALLINT", "HUGEINT")  # fmt: skip
MAX_CATEGORIES = 200  # beyond, a text column is no category to colour or filter by


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of the view `documents`: its type and, where a stage made it, its kind."""

    name: str
    type: str
    kind: ColumnKind | None

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.type in NUMBERS or self.type.startswith("DECIMAL")


def workspace() -> Workspace:
    """The workspace that MIXDESK_WORKSPACE names, or ./workspace."""
    return Workspace(os.environ.get("MIXDESK_WORKSPACE") or "workspace")


def jobs() -> Jobs:
    """The workspace's jobs."""
    home = workspace()
    return _jobs(str(home.folder), home.database_url)


@st.cache_resource(show_spinner=False, max_entries=8)
def _jobs(folder: str, url: str) -> Jobs:  # noqa: ARG001 another database is another queue
    return Jobs(Workspace(folder))


def choose_corpus() -> Corpus | None:
    """Draw the choice of corpus in the sidebar and return the chosen; None where there is none yet."""
    home = workspace()
    names = home.corpora()
    if not names:
        return None
    wanted = st.session_state.get("corpus") or st.query_params.get("corpus")
    if wanted and wanted not in names:
        st.warning(
            f"There is no corpus “{plain.markdown(wanted)}” in this workspace; what you see is of “{names[0]}”.",
            icon=":material/warning:",
        )
    name = st.sidebar.selectbox("Corpus", names, key="corpus", bind="query-params")
    return home.corpus(name or names[0])


def choose(name: str) -> None:
    """Choose a corpus from a widget's callback: before the page draws the choice."""
    st.session_state["corpus"] = name


def need_corpus(what: str) -> Corpus | None:
    """Return the chosen corpus, or say what to do to have one."""
    corpus = choose_corpus()
    if corpus is None:
        st.info(f"There is no corpus to {what} yet. Load one on the Corpus page, or build the demo there.")
        ways.link("corpus", "Go to Corpus", ":material/database:")
    return corpus


def need_columns(corpus: Corpus, names: Sequence[str], stage: str) -> bool:
    """Whether the corpus has the columns; where not, say which stage makes them and where to run it."""
    there = {fact.name for fact in facts(corpus)}
    if there.issuperset(names):
        return True
    st.info(
        f"This needs the stage “{stage}”, which has not run on this corpus. Prepare it on the Corpus page."
    )
    ways.link("corpus", "Prepare the corpus", ":material/database:")
    return False


def stamp(corpus: Corpus) -> str:
    """Changes whenever the corpus's documents or current columns do."""
    current = sorted((list(column.names), column.fingerprint) for column in workspace().columns(corpus))
    return fingerprint([corpus.fingerprint, current])


def key(corpus: Corpus) -> str:
    """What a cached result of this corpus is kept under: another workspace or column is another key."""
    return f"{workspace().folder} {stamp(corpus)}"


def short(count: float) -> str:
    """A count as people say it: 950, 12.3 k, 4.44 M, 1.2 G."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            return f"{count / size:.3g} {sign}"
    return f"{count:,.0f}"


# --- cached reads -----------------------------------------------------------------------------------


def facts(corpus: Corpus) -> list[Fact]:
    """The columns of the view `documents`."""
    return _facts(str(workspace().folder), corpus.name, stamp(corpus))


@st.cache_data(show_spinner=False, max_entries=64)
def _facts(folder: str, name: str, stamp_: str) -> list[Fact]:  # noqa: ARG001 it is part of the key
    home = Workspace(folder)
    corpus = home.corpus(name)
    kinds = {column: made.kind for made in home.columns(corpus) for column in made.names}
    described = home.query(corpus, "SELECT column_name, column_type FROM (DESCRIBE documents)")
    return [
        Fact(row["column_name"], row["column_type"], kinds.get(row["column_name"]))
        for row in described.to_pylist()
    ]


def numbers(corpus: Corpus, column: str) -> NDArray[np.float64]:
    """A column of numbers, nulls as NaN."""
    return _numbers(str(workspace().folder), corpus.name, stamp(corpus), column)


@st.cache_data(show_spinner=False, max_entries=64)
def _numbers(folder: str, name: str, stamp_: str, column: str) -> NDArray[np.float64]:  # noqa: ARG001 it is part of the key
    home = Workspace(folder)
    return _as_numbers(home.read(home.corpus(name), [column])[column])


def many_numbers(corpus: Corpus, columns: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Several columns of numbers from one reading; not kept, for what is made of them is."""
    table = workspace().read(corpus, list(columns))
    return {name: _as_numbers(table[name]) for name in columns}


def _as_numbers(column: Any) -> NDArray[np.float64]:
    import pyarrow as pa

    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def codes(corpus: Corpus, column: str) -> tuple[list[str], NDArray[np.int32]]:
    """A column's distinct values as text, and each row's position among them."""
    return _codes(str(workspace().folder), corpus.name, stamp(corpus), column)


@st.cache_data(show_spinner=False, max_entries=64)
def _codes(folder: str, name: str, stamp_: str, column: str) -> tuple[list[str], NDArray[np.int32]]:  # noqa: ARG001 it is part of the key
    home = Workspace(folder)
    return domain_codes(home, home.corpus(name), column)


def keep_mask(corpus: Corpus, expression: str) -> NDArray[np.bool_]:
    """Which rows a boolean SQL expression keeps: the very evaluation that a mixture's filter gets."""
    return _keep_mask(str(workspace().folder), corpus.name, stamp(corpus), expression)


@st.cache_data(show_spinner=False, max_entries=64)
def _keep_mask(folder: str, name: str, stamp_: str, expression: str) -> NDArray[np.bool_]:  # noqa: ARG001 it is part of the key
    home = Workspace(folder)
    return home.keep_mask(home.corpus(name), expression)


def query(corpus: Corpus, sql: str, *parameters: object) -> Any:
    """Our own SQL over `documents` as an Arrow table."""
    return _query(str(workspace().folder), corpus.name, stamp(corpus), sql, parameters)


@st.cache_data(show_spinner=False, max_entries=64)
def _query(folder: str, name: str, stamp_: str, sql: str, parameters: tuple[object, ...]) -> Any:  # noqa: ARG001 it is part of the key
    home = Workspace(folder)
    return home.query(home.corpus(name), sql, parameters)


# --- which columns ----------------------------------------------------------------------------------


def signals(corpus: Corpus, kinds: Sequence[ColumnKind | None]) -> list[Fact]:
    """Columns of those kinds that hold numbers, or few enough values to choose among."""
    found = [f for f in facts(corpus) if f.kind in kinds and f.name not in OWN_COLUMNS]
    return [fact for fact in found if fact.is_number or is_category(corpus, fact)]


def is_category(corpus: Corpus, fact: Fact) -> bool:
    """Whether the column is text or a truth value with few distinct values."""
    if fact.type not in ("VARCHAR", "BOOLEAN"):
        return False
    return distinct(corpus, fact.name) <= MAX_CATEGORIES


def distinct(corpus: Corpus, column: str) -> int:
    """How many distinct values a column has, about."""
    sql = f"SELECT approx_count_distinct({quoted(column)}) AS n FROM documents"  # noqa: S608 quoted
    return int(query(corpus, sql)["n"][0].as_py())


def categories(corpus: Corpus) -> list[str]:
    """Columns whose values may serve as domains: the source first, then clusters, then the others."""
    return [
        "source",
        *(f.name for f in facts(corpus) if f.kind == "cluster"),
        *(f.name for f in signals(corpus, ("language", "other", "quality", "risk", None)) if not f.is_number),
    ]
