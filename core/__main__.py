"""The commands: everything that the app does, without a browser.

Each prints for people, or one JSON object with ``--json``; progress and logs go to standard error.
Status 0 is done, 2 is bad input (one line that names the value, the rule and the remedy), 1 the rest.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer._click.exceptions import ClickException  # Typer carries its own click and names no public one

from core.backend.__main__ import app as backend
from core.commands import (
    contain,
    contamination,
    corpora,
    dedup,
    diversity,
    export,
    filters,
    licences,
    mix,
    own,
    policy,
    repeats,
    review,
    score,
    select,
    take,
)
from core.errors import MixdeskError
from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    SeedOption,
    WorkspaceOption,
    progress,
    show,
    table,
    workspace_at,
)

app = typer.Typer(
    name="python -m core",
    help="Mixdesk: a mixing desk for language-model training data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(review.app, name="review")
app.add_typer(backend, name="backend")
app.command(name="score")(score.score)
app.command(name="boilerplate")(score.boilerplate)
app.command(name="filters")(filters.filters)
app.command(name="licences")(licences.licences)
app.command(name="policy")(policy.policy)
app.command(name="dedup")(dedup.dedup)
app.command(name="contamination")(contamination.contamination)
app.command(name="repeats")(repeats.repeats)
app.command(name="contain")(contain.contain)
app.command(name="diversity")(diversity.diversity)
app.command(name="mix")(mix.mix)
app.command(name="versions")(mix.versions)
app.command(name="export")(export.export)
app.command(name="verify")(export.verify)
app.command(name="add-column")(own.add_column)
app.command(name="select")(select.select)
app.command(name="take")(take.take)
app.command(name="corpora")(corpora.corpora)
app.command(name="delete")(corpora.delete)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")]


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
    return f"{head}\n{table(rows)}{refused}"


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Only where there is no corpus yet.")] = False,
    name: Annotated[str, typer.Option("--name", help="What to call the corpus.")] = "demo",
    documents: Annotated[int, typer.Option(min=100, help="About how many documents.")] = 5500,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Build the demo corpus from what is on this machine and run every stage on it."""
    from core import cluster as clustering
    from core import dedup as deduplication
    from core import diversity as variety
    from core import embed as embedding
    from core import ingest as reading
    from core import score as scoring

    home, told = workspace_at(workspace), progress()
    if if_empty and home.corpora():
        return
    corpus = reading.ingest_demo(home, name, documents, progress=told)
    scoring.score(home, name, progress=told, settings={"toxicity": {"model": "fast"}})  # a first look
    embedding.embed(home, name, "static", progress=told)
    clustering.cluster(home, name, progress=told)
    deduplication.dedup(home, name, "minhash", "global", progress=told)
    variety.diversity(home, name, progress=told)
    show(_corpus_json(corpus), as_json, lambda: _corpus_text(corpus))


@app.command()
def ingest(
    name: Name,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH…", help="Files, folders, globs, URLs, hub ids.")
    ],
    text_field: Annotated[str | None, typer.Option(help="Which field holds the text.")] = None,
    id_field: Annotated[str | None, typer.Option(help="Which field holds the id.")] = None,
    source_field: Annotated[str | None, typer.Option(help="Which field names the source.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Keep a random sample of N.")] = None,
    stratify: Annotated[bool, typer.Option(help="Sample each source alike.")] = False,
    seed: SeedOption = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes; more pay for large inputs.")] = 1,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Read files, folders, globs, URLs or hub data sets into a corpus."""
    from core import ingest as reading

    corpus = reading.ingest(
        workspace_at(workspace),
        name,
        paths,
        text_field=text_field,
        id_field=id_field,
        source_field=source_field,
        sample=sample,
        seed=seed,
        stratify=stratify,
        workers=workers,
        progress=progress(),
    )
    show(_corpus_json(corpus), as_json, lambda: _corpus_text(corpus))


@app.command()
def embed(
    name: Name,
    embedder: Annotated[str, typer.Option(help="static, or sentence_transformer.")] = "static",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Compute the documents' vectors."""
    from core import embed as embedding

    home = workspace_at(workspace)
    embedding.embed(home, name, embedder, progress=progress())
    dimensions = int(home.vectors(home.corpus(name)).shape[1])
    show({"dimensions": dimensions, "embedder": embedder}, as_json, lambda: f"{dimensions} dimensions")


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

    home = workspace_at(workspace)
    result = clustering.cluster(home, name, clusterer, k, seed, progress=progress())
    rows = [
        {"cluster": c["cluster"], "documents": c["documents"], "name": c["name"]}
        for c in home.report(home.corpus(name), "clusters") or []
    ]
    show(result, as_json, lambda: table(rows))


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

    hits = searching.search(workspace_at(workspace), name, query, ranker, k)
    rows = [
        {"score": h["score"], "source": h["source"], "id": h["id"], "snippet": h["snippet"][:80]}
        for h in hits
    ]
    show({"hits": hits}, as_json, lambda: table(rows))


@app.command()
def query(
    name: Name,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the view `documents`.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Ask the view `documents` (a row a document, all columns) in SQL, read-only."""
    home = workspace_at(workspace)
    found = home.ask(home.corpus(name), sql)
    rows = [list(row) for row in zip(*(column.to_pylist() for column in found.columns), strict=True)]
    value = {"columns": found.column_names, "rows": rows}
    show(value, as_json, lambda: table([dict(zip(found.column_names, row, strict=True)) for row in rows]))


@app.command()
def train(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="The export's manifest.json.")],
    config: Annotated[Path | None, typer.Option(help="YAML; unset keys keep their defaults.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, or auto.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; an interrupted run goes on.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Train a small model on an export, and report the loss of every domain."""
    from core.backend import load_config
    from core.backend import train as training

    settings = load_config(config, device=device)
    folder = out or workspace_at(workspace).runs / f"{manifest.resolve().parent.name}-{settings.preset}"
    result = training(manifest, settings, folder, progress=progress())
    value = {"run": str(folder), **result}
    rows: list[Mapping[str, object]] = [
        {"domain": d, "loss": loss, "bits_per_byte": result["bits_per_byte"][d]}
        for d, loss in result["losses"].items()
    ]
    show(value, as_json, lambda: f"{folder}\n{table(rows)}\n{result['tokens_per_second']:,.0f} tokens/s")


@app.command()
def optimise(
    method: Annotated[str, typer.Option(help="auto, linear, log_linear, gp …")] = "auto",
    mixtures: Annotated[Path, typer.Option(help="CSV: a row a run, a column a domain's weight.")] = ...,  # type: ignore[assignment]
    losses: Annotated[Path, typer.Option(help="CSV: a row a run, a column a loss.")] = ...,  # type: ignore[assignment]
    target: Annotated[str, typer.Option(help="The loss to lower; `mean` is of all.")] = "mean",
    evaluate_mixtures: Annotated[Path | None, typer.Option(help="Held-out runs' weights.")] = None,
    evaluate_losses: Annotated[Path | None, typer.Option(help="Held-out runs' losses.")] = None,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,  # noqa: ARG001 every command takes it
    as_json: JsonOption = False,
) -> None:
    """Propose weights from what small runs showed."""
    from core import optimise as optimising

    result = optimising.optimise(
        method, mixtures, losses, target, evaluate_mixtures, evaluate_losses, seed=seed
    )
    rows: list[Mapping[str, object]] = [{"domain": d, "weight": w} for d, w in result["weights"].items()]
    show(result, as_json, lambda: f"{table(rows)}\n{result['rationale']}")


@app.command(name="export-columns")
def export_columns(
    name: Name,
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the corpus with all its columns as one Parquet file."""
    from core import tables

    home = workspace_at(workspace)
    corpus = home.corpus(name)
    written = tables.stream_to_file(home.shards(corpus, home.column_names(corpus)), out)
    value = {"rows": corpus.documents, "columns": written, "file": str(out)}
    show(value, as_json, lambda: f"{corpus.documents:,} rows, {len(written)} columns: {out}")


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
