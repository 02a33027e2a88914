"""The command of contamination: benchmarks' items in a corpus, by benchmark and by domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
    progress,
    show,
    table,
    workspace_at,
)


def contamination(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    benchmarks: Annotated[
        list[str], typer.Argument(metavar="BENCHMARK…", help="Files: JSONL, JSON, CSV, Parquet, text.")
    ],
    n: Annotated[int, typer.Option("--n", help="Words of an n-gram: 13, or 8 to be stricter.")] = 13,
    text_field: Annotated[
        list[str] | None, typer.Option(metavar="F", help="The items' field, or several; default: all text.")
    ] = None,
    min_hits: Annotated[int, typer.Option(help="Different n-grams that contaminate a document.")] = 3,
    min_coverage: Annotated[float, typer.Option(help="Share of its words that they must cover.")] = 0.001,
    common: Annotated[
        float, typer.Option(help="Share of documents beyond which an n-gram is common speech.")
    ] = 0.001,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find benchmarks' items in a corpus; hangs which documents hold them, as a filter."""
    from core import contamination as overlap

    home, fields = workspace_at(workspace), tuple(text_field or ())
    result = overlap.contamination(
        home, name, benchmarks, n, min_hits, min_coverage, common, fields, progress(), workers
    )
    show(result, as_json, lambda: _text(result))


def _text(result: Mapping[str, Any]) -> str:
    head = (
        f"{result['columns'][2]}: {result['documents']:,} documents, {result['tokens']:,} tokens; "
        f"{result['common_ngrams']:,} of {result['ngrams']:,} n-grams are common and left out"
    )
    found: list[Mapping[str, object]] = [
        {"benchmark": one, **{key: value for key, value in facts.items() if key != "by_domain"}}
        for one, facts in result["by_benchmark"].items()
    ]
    domains: list[Mapping[str, object]] = [
        {"domain": domain, **facts} for domain, facts in result["by_domain"].items()
    ]
    both: list[Mapping[str, object]] = [
        {"benchmark": one, "domain": domain, **counts}
        for one, facts in result["by_benchmark"].items()
        for domain, counts in facts["by_domain"].items()
    ]
    return "\n\n".join([head, table(found), table(domains), *([table(both)] if both else [])])
