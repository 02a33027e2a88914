"""What can go wrong, in words a person can act on.

Every message names the value, the rule it breaks and the remedy. The commands print it as one line
and leave with the error's exit status; the pages show it beside the thing that caused it.
"""

from __future__ import annotations

from typing import ClassVar


class MixdeskError(Exception):
    """The root of all errors that Mixdesk raises on purpose; leaves a command with status 1."""

    exit_status: ClassVar[int] = 1


class BadInputError(MixdeskError, ValueError):
    """A person's input breaks a rule; leaves a command with status 2 and one line, no traceback."""

    exit_status: ClassVar[int] = 2

    def __init__(self, value: object, rule: str, remedy: str) -> None:
        """Say it in one line: ``value: rule; remedy``. Long values and line breaks are folded."""
        self.value, self.rule, self.remedy = value, rule, remedy
        shown = " ".join(str(value).split())
        if len(shown) > 200:
            shown = shown[:197] + "..."
        super().__init__(" ".join(f"{shown}: {rule}; {remedy}".split()))

    def __reduce__(self) -> tuple[type[BadInputError], tuple[str, str, str]]:
        """Travel from a worker's process; an exception is otherwise made again from its one line."""
        return type(self), (str(self.value), self.rule, self.remedy)


class NotFoundError(BadInputError):
    """Something was asked for by name and is not there."""


class TamperedError(BadInputError):
    """A sealed file no longer has the bytes that its manifest says."""


class InterruptedRunError(MixdeskError):
    """A run stopped before its end and can go on from its last checkpoint."""
