"""What the commands of a mixture share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import BadInputError
from core.terminal import progress, read_mixture
from core.types import Mixture

if TYPE_CHECKING:
    from core.workspace import Workspace


def prepare(home: Workspace, mixture: Mixture) -> None:
    """Run the deduplication that a mixture asks for; one that has been run costs nothing."""
    if mixture.dedup is not None:
        from core import dedup as deduplication

        method, scope = mixture.dedup.method, mixture.dedup.scope
        deduplication.ensure(home, mixture.corpus, method, scope, progress())


def weighted(home: Workspace, mixture: Mixture, rule: str | None, shares: Sequence[str]) -> Mixture:
    """Return the mixture with weights by a rule, and with these shares (`NAME=SHARE`) of groups and domains.

    NAME is one of the mixture's groups, a domain, or domains with `+` between. Ratios inside a group stay, and
    so do those among the domains that nobody names.

    Raises:
        BadInputError: no such rule or name, shares that cannot be had, or stages with weights of their own.
    """
    if rule is None and not shares:
        return mixture
    if any(stage.weights is not None for stage in mixture.stages):
        rest = "change the weights in the spec, stage by stage"
        raise BadInputError(mixture.name, "its stages have weights of their own", rest)
    from core import mix as mixing

    available = mixing.make_pool(home, mixture).available
    base = mixture.weights or mixing.preset("proportional", available)
    if rule is not None:
        budget = mixture.budget.tokens if mixture.budget else None
        base = mixing.preset(rule, available, budget=budget, max_epochs=mixture.max_epochs)
    whole = {domain: base.get(domain, 0.0) for domain in available}
    found = mixing.set_shares(whole, [_share(one, mixture, whole) for one in shares]) if shares else whole
    return Mixture.model_validate({**mixture.model_dump(), "weights": found})


def _share(asked: str, mixture: Mixture, weights: Mapping[str, float]) -> tuple[tuple[str, ...], float]:
    """Read `NAME=SHARE`; a domain's own name may hold `=` and `+`."""
    name, _, value = asked.rpartition("=")
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not name or math.isnan(share):
        raise BadInputError(asked, "a share is NAME=SHARE", "write --weight web+code=0.6") from None
    if name in mixture.groups:
        return mixture.groups[name], share
    members = (name,) if name in weights else tuple(name.split("+"))
    for member in members:
        if member not in weights:
            known = ", ".join([*mixture.groups, *weights][:50])
            raise BadInputError(member, "is no group and no domain of the mixture", f"there are: {known}")
    return members, share


def read_version(home: Workspace, spec: str) -> Mixture:
    """Read a mixture from a file, a saved one by its name, or an earlier version of it as `NAME@3`."""
    name, at, number = spec.rpartition("@")
    if at and number.isascii() and number.isdigit() and name in home.mixtures():
        from core.versions import version

        return version(home, name, int(number))
    return read_mixture(home, spec)
