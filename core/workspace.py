"""The workspace: corpora and the columns beside them, on disk by fingerprint; the only door to our disk.

Layout: ``corpora/NAME/CURRENT`` names the generation folder (the corpus's fingerprint) that holds
``documents/part-*.parquet``, ``corpus.json``, ``rejected.parquet``, ``columns/FINGERPRINT/``,
``columns/current.json`` (which fingerprint each column name stands for) and ``reports/``.
Everything is written aside and renamed: a kill at any moment leaves the old state or the new.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import ask, disk, shards, tables
from core.engines import Engine, LocalEngine
from core.errors import BadInputError, NotFoundError
from core.types import (
    JSON,
    Column,
    ColumnKind,
    Corpus,
    Document,
    DomainCount,
    Mixture,
    Progress,
    Rejected,
    Scalar,
    check_name,
    dump_mixture,
    parse_mixture,
    silent,
)


class Workspace:
    """A folder of corpora, mixtures, exports, runs and jobs."""

    def __init__(self, folder: Path | str, *, create: bool = True) -> None:
        self.folder = Path(folder).resolve()
        if create:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise BadInputError(
                    folder, f"cannot be made ({error.strerror})", "name another folder"
                ) from None

    # --- folders ------------------------------------------------------------------------------------

    def _made(self, *parts: str) -> Path:
        path = self.folder.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def exports(self) -> Path:
        """Where exports go by default."""
        return self._made("exports")

    @property
    def runs(self) -> Path:
        """Where training runs go by default."""
        return self._made("runs")

    @property
    def models(self) -> Path:
        """Models made here, such as the distilled embedder."""
        return self._made("models")

    @property
    def jobs_folder(self) -> Path:
        """One folder a job: log, progress, result."""
        return self._made("jobs")

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of jobs and reviews: SQLite here, or MIXDESK_DATABASE."""
        return os.environ.get("MIXDESK_DATABASE") or f"sqlite:///{self._made() / 'mixdesk.sqlite'}"

    def _corpus_folder(self, name: str) -> Path:
        return self.folder / "corpora" / check_name(name, "corpus")

    def generation(self, corpus: Corpus) -> Path:
        """The folder of this very corpus, by its fingerprint."""
        return self._corpus_folder(corpus.name) / corpus.fingerprint

    # --- corpora ------------------------------------------------------------------------------------

    def corpora(self) -> list[str]:
        """Names of the corpora that are whole, in order."""
        return sorted(path.parent.name for path in self.folder.glob("corpora/*/CURRENT"))

    def corpus(self, name: str) -> Corpus:
        """Return the corpus of that name; `NotFoundError` lists the names there are."""
        try:
            current = (self._corpus_folder(name) / "CURRENT").read_text(encoding="utf-8").strip()
            raw = disk.read_json(self._corpus_folder(name) / current / "corpus.json")
        except FileNotFoundError:
            known = ", ".join(self.corpora()) or "none yet; run `python -m core demo`"
            raise NotFoundError(name, "no such corpus in this workspace", f"there are: {known}") from None
        raw["domains"] = {domain: DomainCount(**count) for domain, count in raw["domains"].items()}
        return Corpus(**raw)

    def write_corpus(
        self,
        name: str,
        documents: Iterable[tuple[Document, int]],
        *,
        rejected: Iterable[Rejected] | Callable[[], Iterable[Rejected]] = (),
        tokenizer: str = "",
        origin: JSON = None,
    ) -> Corpus:
        """Store documents with their token counts, streamed; they become visible in one step at the end.

        An older corpus of that name is replaced at that step. `rejected` is read after the documents.
        """
        home = self._corpus_folder(name)
        aside = home / f".new-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._sweep(home)
        aside.mkdir(parents=True)
        try:
            facts = tables.write_documents(documents, aside / "documents")
            refused = list(rejected() if callable(rejected) else rejected)
            reasons = tables.write_rejected(refused, aside / "rejected.parquet")
            corpus = Corpus(name=name, rejected=reasons, tokenizer=tokenizer, origin=origin, **facts)
            if not corpus.documents:
                top = max(reasons, key=lambda reason: reasons[reason]) if reasons else "no record was found"
                raise BadInputError(
                    name, f"no document could be read ({top})", "check the path and the fields"
                )
            disk.write_json(aside / "corpus.json", asdict(corpus))
            self._publish(home, aside, corpus)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            if home.is_dir() and not any(home.iterdir()):
                home.rmdir()
        return corpus

    def _publish(self, home: Path, aside: Path, corpus: Corpus) -> None:
        with disk.locked(self.folder / "locks" / f"corpus-{corpus.name}"):
            final = home / corpus.fingerprint
            if final.exists():  # the same documents: keep the columns that hang beside them
                for part in ("corpus.json", "rejected.parquet"):
                    (aside / part).replace(final / part)
            else:
                aside.rename(final)
            disk.write_text(home / "CURRENT", corpus.fingerprint + "\n")
            for old in home.iterdir():
                if old.is_dir() and old != final and not old.name.startswith("."):
                    shutil.rmtree(old, ignore_errors=True)

    @staticmethod
    def _sweep(home: Path) -> None:
        """Remove what dead writers left aside."""
        for left in home.glob(".new-*"):
            if not disk.is_alive(int(left.name.split("-")[1])):
                shutil.rmtree(left, ignore_errors=True)

    def rejected(self, name: str) -> Any:
        """Return the records that ingest refused: a table of reason, path, line, detail."""
        return tables.read_file(self.generation(self.corpus(name)) / "rejected.parquet")

    def delete_corpus(self, name: str) -> None:
        """Remove a corpus and all its columns."""
        home = self._corpus_folder(self.corpus(name).name)
        (home / "CURRENT").unlink(missing_ok=True)
        shutil.rmtree(home, ignore_errors=True)

    # --- columns ------------------------------------------------------------------------------------

    def column(
        self,
        corpus: Corpus,
        maker: str,
        version: int,
        settings: Mapping[str, Scalar],
        names: tuple[str, ...],
        kind: ColumnKind,
        inputs: tuple[str, ...] = (),
    ) -> Column:
        """Return the column with its fingerprint, whether or not it has been computed."""
        signed = [corpus.fingerprint, maker, version, dict(settings), list(names), list(inputs)]
        return Column(maker, version, dict(settings), names, kind, inputs, disk.fingerprint(signed))

    def _columns_folder(self, corpus: Corpus) -> Path:
        return self.generation(corpus) / "columns"

    def has_column(self, corpus: Corpus, column: Column) -> bool:
        """Whether the column has been computed to the end."""
        return (self._columns_folder(corpus) / column.fingerprint / "column.json").exists()

    def _current(self, corpus: Corpus) -> dict[str, str]:
        try:
            current: dict[str, str] = disk.read_json(self._columns_folder(corpus) / "current.json")
        except FileNotFoundError:
            return {}
        return current

    def columns(self, corpus: Corpus) -> list[Column]:
        """The columns that the view `documents` shows, in the order in which they came."""
        found = []
        for fingerprint in dict.fromkeys(self._current(corpus).values()):
            raw = disk.read_json(self._columns_folder(corpus) / fingerprint / "column.json")
            raw["names"], raw["inputs"] = tuple(raw["names"]), tuple(raw["inputs"])
            found.append(Column(**raw))
        return found

    def write_column(
        self,
        corpus: Corpus,
        column: Column,
        produce: Callable[[Any], shards.Values],
        *,
        reads: Sequence[str] = ("text",),
        shard_rows: int = 2048,
        progress: Progress = silent,
        engine: Engine | None = None,
    ) -> Column:
        """Compute a column shard by shard and make it current; finished shards survive a kill.

        `produce` gets a table of the columns `reads` of one shard and returns one array a name. A
        second process that wants the same column waits and finds it there.
        """
        self.write_columns(corpus, [column], shards.Alone(produce), reads, shard_rows, progress, engine)
        return column

    def write_columns(
        self,
        corpus: Corpus,
        columns: Sequence[Column],
        produce: Callable[[Any, Sequence[Column]], Mapping[str, shards.Values | str]],
        reads: Sequence[str] = ("text",),
        shard_rows: int = 2048,
        progress: Progress = silent,
        engine: Engine | None = None,
    ) -> dict[str, str]:
        """Compute those of several columns that are missing in one pass, and make all current.

        `produce` gets a shard's table and the columns that it lacks; it returns, by fingerprint, arrays
        by name, or a sentence where a column fails. Returns the failures by fingerprint.
        """
        known = {column.fingerprint: column for column in columns}
        failures: dict[str, str] = {}
        with ExitStack() as locks:
            for key in sorted(known):  # in one order, so that two processes never wait for each other
                locks.enter_context(disk.locked(self.folder / "locks" / f"column-{key[:32]}"))
            missing = [column for column in known.values() if not self.has_column(corpus, column)]
            works = [self._columns_folder(corpus) / f".{c.fingerprint}-{shard_rows}" for c in missing]
            for work in works:
                work.mkdir(parents=True, exist_ok=True)
            pairs = list(zip(missing, works, strict=True))
            if pairs:
                task = shards.ShardTask(self._parts(corpus), pairs, tuple(reads), shard_rows, produce)
                failures = shards.run(task, corpus.documents, progress, engine or LocalEngine(1))
            for column, work in pairs:
                if column.fingerprint not in failures:
                    self._seal(corpus, column, work)
            for column in known.values():
                if column.fingerprint not in failures:
                    self._make_current(corpus, column)
        return failures

    def write_whole_column(self, corpus: Corpus, column: Column, values: shards.Values) -> Column:
        """Store a column that was computed over the whole corpus at once, and make it current."""
        work = self._columns_folder(corpus) / f".{column.fingerprint}-whole"
        with disk.locked(self.folder / "locks" / f"column-{column.fingerprint[:32]}"):
            if not self.has_column(corpus, column):
                work.mkdir(parents=True, exist_ok=True)
                tables.write_part(values, column, corpus.documents, work / tables.part_name(0))
                self._seal(corpus, column, work)
            self._make_current(corpus, column)
        return column

    def _seal(self, corpus: Corpus, column: Column, work: Path) -> None:
        disk.write_json(work / "column.json", asdict(column))
        work.rename(self._columns_folder(corpus) / column.fingerprint)

    def _make_current(self, corpus: Corpus, column: Column) -> None:
        with disk.locked(self.folder / "locks" / f"current-{corpus.fingerprint[:32]}"):
            before = self._current(corpus)
            after = {**before, **dict.fromkeys(column.names, column.fingerprint)}
            if after != before:
                disk.write_json(self._columns_folder(corpus) / "current.json", after)

    # --- reading ------------------------------------------------------------------------------------

    def _parts(self, corpus: Corpus) -> tables.Parts:
        found: dict[str, tuple[str, list[str]]] = {}
        for name, fingerprint in self._current(corpus).items():
            folder = self._columns_folder(corpus) / fingerprint
            found[name] = (fingerprint, sorted(str(p) for p in folder.glob("part-*.parquet")))
        documents = sorted(str(p) for p in (self.generation(corpus) / "documents").glob("part-*.parquet"))
        return tables.Parts(documents, found, self._vector_names(corpus))

    def _vector_names(self, corpus: Corpus) -> frozenset[str]:
        return frozenset(name for c in self.columns(corpus) if c.kind == "vectors" for name in c.names)

    def read(
        self, corpus: Corpus, columns: Sequence[str], rows: Sequence[int] | NDArray[Any] | None = None
    ) -> Any:
        """Return an Arrow table of the columns, every row in order, or just `rows` in their order."""
        if rows is None:
            return tables.read_all(self._parts(corpus), columns)
        return tables.take(self._parts(corpus), columns, np.asarray(rows, dtype=np.int64))

    def column_names(self, corpus: Corpus) -> list[str]:
        """Names of all columns, vectors included: the documents' own, then those beside them."""
        parts = self._parts(corpus)
        return list(dict.fromkeys([*parts.document_columns(), *parts.columns]))

    def shards(self, corpus: Corpus, columns: Sequence[str], shard_rows: int = 2048) -> Iterator[Any]:
        """Yield Arrow tables of at most `shard_rows` consecutive rows."""
        for start in range(0, corpus.documents, shard_rows):
            yield tables.read_range(self._parts(corpus), columns, start, shard_rows)

    def vectors(self, corpus: Corpus) -> NDArray[np.float32]:
        """Return the current embedding, (n, d) float32."""
        names = self._vector_names(corpus)
        if not names:
            remedy = f"run `python -m core embed {corpus.name}` first"
            raise NotFoundError(corpus.name, "this corpus has no embedding", remedy)
        name = next(iter(names))
        return tables.read_vectors(self._parts(corpus).columns[name][1], name)

    def query(self, corpus: Corpus, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Run our own SQL over the view `documents`; returns an Arrow table."""
        return ask.trusted(self._parts(corpus), sql, parameters)

    def ask(self, corpus: Corpus, sql: str, limit: int | None = None) -> Any:
        """Run a person's SQL: one SELECT over `documents`, no files, no network, no writing."""
        return ask.untrusted(self._parts(corpus), sql, limit)

    def keep_mask(self, corpus: Corpus, expression: str) -> NDArray[np.bool_]:
        """Evaluate a person's boolean SQL expression for every row; a null does not keep."""
        return ask.keep_mask(self._parts(corpus), expression)

    # --- reports: small facts about a corpus --------------------------------------------------------

    def write_report(self, corpus: Corpus, name: str, value: JSON) -> None:
        """Keep a small JSON value beside the corpus, by name."""
        disk.write_json(self.generation(corpus) / "reports" / f"{check_name(name, 'report')}.json", value)

    def report(self, corpus: Corpus, name: str) -> JSON | None:
        """Return the value, or None where nobody wrote it."""
        path = self.generation(corpus) / "reports" / f"{check_name(name, 'report')}.json"
        return disk.read_json(path) if path.exists() else None

    # --- vectors shared by corpora ------------------------------------------------------------------

    def cached_vectors(self, key: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors already made by the embedder `key` for these content hashes."""
        return tables.read_cache(self.folder / "cache" / key, hashes)

    def cache_vectors(self, key: str, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep vectors by content hash for the next corpus that holds the same texts."""
        tables.write_cache(self._made("cache", key), hashes, vectors)

    # --- mixtures -----------------------------------------------------------------------------------

    def save_mixture(self, mixture: Mixture) -> Path:
        """Save a mixture under its name; the version it replaces is kept under ``versions/``."""
        path = self._made("mixtures") / f"{mixture.name}.yaml"
        text = dump_mixture(mixture)
        with disk.locked(self.folder / "locks" / "mixtures"):
            if path.exists() and (old := path.read_text(encoding="utf-8")) != text:
                versions = self._made("mixtures", "versions", mixture.name)
                disk.write_text(versions / f"{len(list(versions.glob('*.yaml'))) + 1:04d}.yaml", old)
            disk.write_text(path, text)
        return path

    def keep_mixture(self, mixture: Mixture) -> Path:
        """Keep a mixture for a job that reads it later, whatever becomes of the one of its name."""
        path = self._made("mixtures", "sent") / f"{disk.fingerprint(mixture.model_dump(mode='json'))}.yaml"
        disk.write_text(path, dump_mixture(mixture))
        return path

    def mixtures(self) -> list[str]:
        """Names of the saved mixtures."""
        return sorted(path.stem for path in self.folder.glob("mixtures/*.yaml"))

    def mixture(self, name: str) -> Mixture:
        """Return a saved mixture."""
        path = self.folder / "mixtures" / f"{check_name(name, 'mixture')}.yaml"
        if not path.exists():
            known = ", ".join(self.mixtures()) or "none yet"
            raise NotFoundError(name, "no such mixture in this workspace", f"there are: {known}")
        return parse_mixture(path.read_text(encoding="utf-8"), str(path))
