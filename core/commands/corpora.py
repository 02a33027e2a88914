"""The commands on whole corpora: the list of them, and taking one away."""

from __future__ import annotations

from typing import Annotated

import typer

from core.errors import BadInputError
from core.terminal import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, show, table, workspace_at


def corpora(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the corpora: documents, tokens, domains, and what was refused."""
    home = workspace_at(workspace)
    rows = [
        {
            "corpus": corpus.name,
            "documents": corpus.documents,
            "tokens": corpus.tokens,
            "domains": len(corpus.domains),
            "refused": sum(corpus.rejected.values()),
        }
        for corpus in map(home.corpus, home.corpora())
    ]
    show({"corpora": rows}, as_json, lambda: table(rows) if rows else "There is no corpus yet.")


def delete(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The corpus.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it: there is no way back.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Take away a corpus with all its columns; mixtures, exports and runs stay."""
    home = workspace_at(workspace)
    corpus = home.corpus(name)
    if not yes:
        rule = f"its {corpus.documents:,} documents and all their columns would be gone for good"
        raise BadInputError(name, rule, "say --yes")
    home.delete_corpus(name)
    result = {"deleted": name, "documents": corpus.documents}
    show(result, as_json, lambda: f"{name} is deleted, with {corpus.documents:,} documents.")
