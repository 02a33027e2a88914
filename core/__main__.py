"""The commands: everything that the app does, without a browser.

Each prints for people, or one JSON object with ``--json``; progress and logs go to standard error.
Status 0 is done, 2 is bad input (one line that names the value, the rule and the remedy), 1 the rest.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer._click.exceptions import ClickException  # Typer carries its own click and names no public one

from core.errors import BadInputError, MixdeskError, NotFoundError
from core.types import JSON, Mixture, Progress

if TYPE_CHECKING:
    from core.workspace import Workspace

app = typer.Typer(
    name="python -m core",
    help="Mixdesk: a mixing desk for language-model training data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", envvar="MIXDESK_WORKSPACE", help="Folder that holds everything.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: all cores.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")]
DEFAULT_WORKSPACE = Path("workspace")


def _workspace(folder: Path) -> Workspace:
    from core.workspace import Workspace

    return Workspace(folder)


def _progress() -> Progress:
    """To the job's file where there is one, else a line on the terminal that rewrites itself."""
    path = os.environ.get("MIXDESK_PROGRESS")
    if path:
        from core.jobs import FileProgress

        return FileProgress(Path(path))

    def show(done: int, total: int | None, message: str = "") -> None:
        if sys.stderr.isatty():
            share = f"{done / total:4.0%}" if total else f"{done:,}"
            sys.stderr.write(f"\r\033[K{message} {share}" + ("\n" if done == total else ""))
            sys.stderr.flush()

    return show


def _print(value: JSON, as_json: bool, people: Callable[[], str] | None = None) -> None:
    if as_json or people is None:
        print(json.dumps(value, ensure_ascii=False, default=_plain, indent=None if as_json else 1))
    else:
        print(people())


def _plain(value: object) -> JSON:
    """What JSON has no word for: NumPy's numbers, paths, dates."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    """A table for people: text to the left, numbers to the right."""
    if not rows:
        return "(none)"
    names = list(rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]
    right = [isinstance(rows[0].get(name), int | float) for name in names]

    def line(values: list[str]) -> str:
        padded = zip(values, widths, right, strict=True)
        return "  ".join(v.rjust(w) if r else v.ljust(w) for v, w, r in padded).rstrip()

    return "\n".join([line(names), *(line(row) for row in cells)])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return " ".join(str(value).split())
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _corpus_json(corpus: Any) -> dict[str, Any]:
    return {
        "corpus": corpus.name,
        "documents": corpus.documents,
        "tokens": corpus.tokens,
        "rejected": dict(corpus.rejected),
        "domains": {name: asdict(count) for name, count in corpus.domains.items()},
        "fingerprint": corpus.fingerprint,
    }


def _corpus_text(corpus: Any) -> str:
    rows: list[Mapping[str, object]] = [{"domain": d, **asdict(c)} for d, c in corpus.domains.items()]
    refused = "".join(f"\nrejected {count:,}: {reason}" for reason, count in corpus.rejected.items())
    head = f"{corpus.name}: {corpus.documents:,} documents, {corpus.tokens:,} tokens"
    return f"{head}\n{_table(rows)}{refused}"


@app.command()
def score(
    name: Name,
    signal: Annotated[list[str] | None, typer.Option("--signal", help="A signal; default: all.")] = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hang the signals' columns beside the documents."""
    from core import score as scoring

    result = scoring.score(_workspace(workspace), name, signal, progress=_progress(), workers=workers)
    _print(result, as_json, lambda: "columns: " + ", ".join(result["columns"]))


@app.command()
def embed(
    name: Name,
    embedder: Annotated[str, typer.Option(help="static, or sentence_transformer.")] = "static",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Compute the documents' vectors."""
    from core import embed as embedding

    home = _workspace(workspace)
    embedding.embed(home, name, embedder, progress=_progress())
    dimensions = int(home.vectors(home.corpus(name)).shape[1])
    _print({"dimensions": dimensions, "embedder": embedder}, as_json, lambda: f"{dimensions} dimensions")


@app.command()
def cluster(
    name: Name,
    clusterer: Annotated[str, typer.Option(help="kmeans, or hdbscan.")] = "kmeans",
    k: Annotated[int | None, typer.Option("--k", min=1, help="Clusters; default: by the size.")] = None,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Group the documents, name the groups, and lay them out in two dimensions."""
    from core import cluster as clustering

    home = _workspace(workspace)
    result = clustering.cluster(home, name, clusterer, k, seed, progress=_progress())
    rows = [
        {"cluster": c["cluster"], "documents": c["documents"], "name": c["name"]}
        for c in home.report(home.corpus(name), "clusters") or []
    ]
    _print(result, as_json, lambda: _table(rows))


@app.command()
def dedup(
    name: Name,
    method: Annotated[str, typer.Option(help="exact, minhash …")] = "minhash",
    scope: Annotated[str, typer.Option(help="global: across sources; local: inside each.")] = "global",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find groups of duplicates; all but one of a group are duplicates."""
    from core import dedup as deduplication

    result = deduplication.dedup(_workspace(workspace), name, method, scope, progress=_progress())
    shares = result["share_by_domain"]
    rows: list[Mapping[str, object]] = [{"domain": d, "duplicates": f"{v:.1%}"} for d, v in shares.items()]
    head = f"{result['duplicates']:,} duplicates in {result['groups']:,} groups"
    _print(result, as_json, lambda: f"{head}\n{_table(rows)}")


@app.command()
def diversity(
    name: Name, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Measure how varied the corpus and each of its domains is."""
    from core import diversity as variety

    result = variety.diversity(_workspace(workspace), name, progress=_progress())
    metrics = result["metrics"]
    rows: list[Mapping[str, object]] = [{"domain": "(all)", **metrics["corpus"]}]
    rows += [{"domain": domain, **values} for domain, values in metrics["domains"].items()]
    _print(result, as_json, lambda: _table(rows))


@app.command()
def search(
    name: Name,
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    ranker: Annotated[str, typer.Option(help="keyword, exact, nearest, hybrid.")] = "hybrid",
    k: Annotated[int, typer.Option("--k", min=1, max=10_000, help="How many.")] = 10,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find documents by words, by an exact phrase, or by meaning."""
    from core import search as searching

    hits = searching.search(_workspace(workspace), name, query, ranker, k)
    rows = [
        {"score": h["score"], "source": h["source"], "id": h["id"], "snippet": h["snippet"][:80]}
        for h in hits
    ]
    _print({"hits": hits}, as_json, lambda: _table(rows))


@app.command()
def query(
    name: Name,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the view `documents`.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Ask the view `documents` (a row a document, all columns) in SQL, read-only."""
    home = _workspace(workspace)
    table = home.ask(home.corpus(name), sql)
    rows = table.to_pylist()
    value = {"columns": table.column_names, "rows": [list(row.values()) for row in rows]}
    _print(value, as_json, lambda: _table(rows))


def _read_mixture(home: Workspace, spec: str) -> Mixture:
    """A file, or the name of a mixture saved in the workspace."""
    from core.types import parse_mixture

    path = Path(spec)
    if path.suffix in (".yaml", ".yml", ".json") or path.exists():
        try:
            return parse_mixture(path.read_text(encoding="utf-8"), spec)
        except (OSError, UnicodeDecodeError) as error:
            raise NotFoundError(spec, f"cannot be read ({error})", "give the path of a mixture") from None
    return home.mixture(spec)


@app.command()
def mix(
    name: Name,
    spec: Annotated[str, typer.Argument(metavar="SPEC.yaml", help="The mixture.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Check a mixture and resolve it: documents, tokens and epochs by domain, with warnings."""
    from core import mix as mixing

    home = _workspace(workspace)
    mixture = _read_mixture(home, spec)
    if mixture.corpus != name:
        raise BadInputError(
            mixture.corpus, f"the mixture is of this corpus, not of '{name}'", "name that one"
        )
    value = mixing.plan_json(mixing.resolve(home, mixture))
    rows = [{"domain": domain, **facts} for domain, facts in value["plan"]["domains"].items()]
    warnings = "".join(f"\nwarning: {sentence}" for sentence in value["warnings"])
    _print(value, as_json, lambda: _table(rows) + warnings)


@app.command()
def export(
    spec: Annotated[str, typer.Argument(metavar="SPEC.yaml", help="The mixture.")],
    format_: Annotated[str, typer.Option("--format", help="jsonl, parquet …")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="Folder; default: in the workspace.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the data and the configuration for a trainer, sealed by a manifest."""
    from core import export as exporting

    home = _workspace(workspace)
    mixture = _read_mixture(home, spec)
    folder = out or home.exports / f"{mixture.name}-{format_}"
    manifest = exporting.export(home, mixture, format_, folder, progress=_progress())
    value = {
        "manifest": str(folder / "manifest.json"),
        "fingerprint": manifest.fingerprint,
        "files": [file.model_dump() for file in manifest.files],
    }
    _print(value, as_json, lambda: f"{value['manifest']}\nfingerprint {manifest.fingerprint}")


@app.command(name="export-columns")
def export_columns(
    name: Name,
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the corpus with all its columns as one Parquet file."""
    from core import tables

    home = _workspace(workspace)
    corpus = home.corpus(name)
    written = tables.stream_to_file(home.shards(corpus, home.column_names(corpus)), out)
    value = {"rows": corpus.documents, "columns": written, "file": str(out)}
    _print(value, as_json, lambda: f"{corpus.documents:,} rows, {len(written)} columns: {out}")


def main() -> None:
    """Run a command; errors that we raise on purpose are one line, never a traceback."""
    try:
        status = app(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except ClickException as error:
        sys.stderr.write(f"error: {' '.join(error.format_message().split())}; see --help\n")
        sys.exit(error.exit_code)
    except MixdeskError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


if __name__ == "__main__":
    main()
