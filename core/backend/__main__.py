"""The backend's commands: training, ready experiments and what comes back, without the app.

Each prints for people, or one JSON object with ``--json``; progress and logs go to standard error.
Status 0 is done, 2 is bad input (one line that names the value, the rule and the remedy), 1 the rest.
"""

from __future__ import annotations

import typer

from core.backend.commands import documents, experiment, launch, training
from core.backend.commands._terminal import ended

app = typer.Typer(
    name="python -m core.backend",
    help="Trains small models on a sealed manifest, and asks them what a mixture is worth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(name="train")(training.train)
app.command(name="stack")(launch.stack)
app.command(name="launch")(launch.launch)
experiment.register(app)
app.command(name="documents")(documents.documents)
app.command(name="influence")(documents.influence)


def main() -> None:
    """Run a command; errors that are raised on purpose are one line, never a traceback."""
    ended(app)


if __name__ == "__main__":
    main()
