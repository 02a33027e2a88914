"""The commands of reviews: sessions, verdicts, agreement, and the sign-off of mixtures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.terminal import (
    DEFAULT_WORKSPACE,
    JsonOption,
    SeedOption,
    WorkspaceOption,
    show,
    table,
    workspace_at,
)
from core.types import JSON

if TYPE_CHECKING:
    from core.review import Reviews
    from core.reviews.decisions import Decision, Decisions
    from core.reviews.rows import Session

app = typer.Typer(
    name="review",
    help="Label documents together, and sign mixtures off.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Argument(metavar="SESSION", help="The review session.")]
Reviewer = Annotated[str, typer.Option("--reviewer", help="Who judges.")]
By = Annotated[str, typer.Option("--by", help="Who does this.")]


def _reviews(folder: Path) -> Reviews:
    from core.review import Reviews

    return Reviews(workspace_at(folder))


def _decisions(folder: Path) -> Decisions:
    from core.reviews.decisions import Decisions

    return Decisions(workspace_at(folder))


@app.command(name="open")
def open_(
    name: Name,
    corpus: Annotated[str, typer.Argument(metavar="CORPUS")],
    question: Annotated[str, typer.Option(help="What reviewers answer.")],
    label: Annotated[list[str], typer.Option("--label", help="An answer; give two or more.")],
    by: By,
    size: Annotated[int, typer.Option(min=1, help="Documents to draw.")] = 50,
    stratify: Annotated[str | None, typer.Option(help="Draw each value of this column alike.")] = None,
    document: Annotated[
        list[str] | None, typer.Option("--document", help="An id; takes the place of drawing.")
    ] = None,
    blind: Annotated[bool, typer.Option("--blind/--seen", help="Hide sources and others' verdicts.")] = True,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Open a session over a sample of a corpus, or over given documents."""
    session = _reviews(workspace).open(
        name,
        corpus,
        question,
        label,
        by,
        size=size,
        stratify=stratify,
        documents=document or None,
        blind=blind,
        seed=seed,
    )
    show({"session": asdict(session)}, as_json, lambda: f"{name}: {session.documents} documents of {corpus}")


@app.command(name="list")
def list_(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the sessions, the newest first."""
    reviews = _reviews(workspace)
    found = [{**asdict(s), "progress": reviews.progress(s.name)} for s in reviews.sessions()]
    rows = [
        {"session": s["name"], "corpus": s["corpus"], "documents": s["documents"], "question": s["question"]}
        for s in found
    ]
    show({"sessions": found}, as_json, lambda: table(rows))


@app.command(name="next")
def next_(
    name: Name,
    reviewer: Reviewer,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the next document that a reviewer has not judged."""
    reviews = _reviews(workspace)
    session, found = reviews.session(name), reviews.next(name, reviewer)
    value: dict[str, JSON] = {
        "session": name,
        "document": None,
        "question": session.question,
        "labels": session.labels,
        "done": reviews.progress(name).get(reviewer.strip(), 0),
        "total": session.documents,
    }
    if found is not None:
        value |= {"document": found[0], **_shown(reviews, session, found[1])}
    show(value, as_json, lambda: _next_text(value))


def _shown(reviews: Reviews, session: Session, row: int) -> dict[str, JSON]:
    """What a reviewer may see of a document: its text, and its source unless the session is blind."""
    home = reviews.workspace
    names = ["text"] if session.blind else ["text", "source"]
    record: dict[str, JSON] = home.read(home.corpus(session.corpus), names, [row]).to_pylist()[0]
    return record


def _next_text(value: Mapping[str, Any]) -> str:
    if value["document"] is None:
        return f"nothing left: {value['done']} of {value['total']} judged"
    # The words are a stranger's: without control characters they cannot steer the terminal.
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in value["text"])
    head = f"document {value['document']!r}, {value['done']} of {value['total']} judged"
    return f"{head}\n\n{text}\n\n{value['question']} {' / '.join(value['labels'])}"


@app.command()
def verdict(
    name: Name,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id.")],
    label: Annotated[str, typer.Argument(metavar="LABEL")],
    reviewer: Reviewer,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Give a verdict; a later one of the same reviewer counts in its place."""
    given = _reviews(workspace).give(name, document, reviewer, label, note)
    show({"verdict": asdict(given)}, as_json, lambda: f"{document!r}: {label}")


@app.command()
def undo(
    name: Name,
    reviewer: Reviewer,
    document: Annotated[str | None, typer.Option(help="Of this document; default: the last.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Take a reviewer's last verdict back; what was said before counts again."""
    undone = _reviews(workspace).undo(name, reviewer, document)
    show({"verdict": asdict(undone)}, as_json, lambda: f"taken back: the verdict on {undone.document!r}")


@app.command()
def status(name: Name, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Show each reviewer's progress, how far they agree, and where they differ."""
    reviews = _reviews(workspace)
    session, progress = reviews.session(name), reviews.progress(name)
    is_shown = reviews.is_open_to_all(name)
    value = {
        "session": asdict(session),
        "progress": progress,
        "agreement": reviews.agreement(name),
        "disagreements": reviews.disagreements(name) if is_shown else None,
    }
    show(value, as_json, lambda: _status_text(value, session.documents))


def _status_text(value: Mapping[str, Any], total: int) -> str:
    rows: list[Mapping[str, object]] = [
        {"reviewer": reviewer, "judged": done, "of": total} for reviewer, done in value["progress"].items()
    ]
    figures = value["agreement"]
    pairs = [
        {"agreement": f"Cohen's kappa, {pair}", "figure": kappa} for pair, kappa in figures["cohen"].items()
    ]
    if figures["fleiss"] is not None:
        pairs.append({"agreement": "Fleiss' kappa", "figure": figures["fleiss"]})
    pairs.append({"agreement": "Krippendorff's alpha", "figure": figures["alpha"]})
    split = value["disagreements"]
    last = "blind: where they differ is shown when all who began are through"
    if split is not None:
        flat = [{"document": s["document"], **s["labels"]} for s in split]
        last = f"{len(split)} documents on which they differ" + (f"\n{table(flat)}" if flat else "")
    return f"{table(rows)}\n\n{table(pairs)}\n\n{last}"


@app.command()
def column(name: Name, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Hang what most reviewers said beside the documents, as columns."""
    found = _reviews(workspace).column(name)
    value = {"columns": found.names, "fingerprint": found.fingerprint}
    show(value, as_json, lambda: "columns: " + ", ".join(found.names))


@app.command()
def propose(
    mixture: Annotated[str, typer.Argument(metavar="MIXTURE", help="A mixture saved in the workspace.")],
    by: By,
    signer: Annotated[list[str], typer.Option("--signer", help="Who must sign; give each.")],
    note: Annotated[str, typer.Option(help="What for.")] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put a saved mixture, as it is now, to named people."""
    _show_decisions([_decisions(workspace).propose(mixture, by, signer, note)], as_json, alone=True)


@app.command()
def sign(
    decision: Annotated[int, typer.Argument(metavar="DECISION", help="Its number.")],
    by: By,
    approve: Annotated[bool, typer.Option("--approve/--reject", help="Yes or no.")],
    reason: Annotated[str, typer.Option(help="Why; a rejection needs it.")] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Approve or reject a proposed mixture, for the very mixture and corpus that were proposed."""
    _show_decisions([_decisions(workspace).sign(decision, by, approve, reason)], as_json, alone=True)


@app.command()
def decisions(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the decisions, the newest first, and whether each still holds."""
    _show_decisions(_decisions(workspace).decisions(), as_json)


def _show_decisions(found: Sequence[Decision], as_json: bool, *, alone: bool = False) -> None:
    rows = [
        {"decision": d.id, "mixture": d.mixture, "corpus": d.corpus, "state": d.state, "why": d.why}
        for d in found
    ]
    values = [d.as_json() for d in found]
    show({"decision": values[0]} if alone else {"decisions": values}, as_json, lambda: table(rows))
