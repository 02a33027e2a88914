"""A policy on the desk: a filter, a domain for what is held back, and a stage in which it returns."""

from __future__ import annotations

from collections.abc import Mapping

from core.course import average_weights
from core.errors import BadInputError, NotFoundError
from core.policies.judge import HELD
from core.pool import make_pool
from core.types import Filter, Mixture, Stage
from core.workspace import Workspace

FILTER, DOMAIN = "toxicity policy", "policy_domain"
KEEP = "policy_action IN ('keep', 'anneal')"
MOST_OF_STAGE = 0.5  # that held documents may take of the last stage's tokens


def onto(workspace: Workspace, mixture: Mixture, share: float = 0.1) -> Mixture:
    """Return the mixture with the policy last applied to its corpus.

    What the policy drops or holds for rewriting is filtered out. What it holds for annealing becomes
    domains of its own, of weight 0 until the last `share` of training; in that stage they weigh as much
    as they need to be seen once, at most half, in proportion to their tokens, and the other weights keep
    their ratios. Each of its texts has its content warning before it. Stages that the mixture has stay,
    shortened to make room. What an earlier policy has made of the mixture is taken back first.

    Raises:
        NotFoundError: where no policy has been applied to the corpus.
        BadInputError: where it was applied to other domains than the mixture's, or `share` is not
            above 0 and below 1.
    """
    if not 0 < share < 1:
        raise BadInputError(f"share {share:g}", "the last stage's share is above 0 and below 1", "try 0.1")
    corpus = workspace.corpus(mixture.corpus)
    report = workspace.report(corpus, "policy")
    if report is None:
        remedy = f"run `python -m core policy {corpus.name}` first"
        raise NotFoundError(corpus.name, "no policy has been applied", remedy)
    mixture = without(mixture, report["domain"])
    if mixture.divided_by != report["domain"]:
        rule = f"the policy divides the domains of '{report['domain']}'"
        remedy = f"apply it with --by {mixture.domain}"
        raise BadInputError(f"domain {mixture.divided_by}", rule, remedy)
    filtered = mixture.model_copy(update={"filters": (*mixture.filters, Filter(name=FILTER, keep=KEEP))})
    update = {"domain": DOMAIN, "weights": None, "stages": ()}
    divided = filtered.model_copy(update=update)
    available = make_pool(workspace, divided.model_copy(update={"preface": "content_warning"})).available
    held = {domain: size for domain, size in available.items() if domain.endswith(HELD) and size}
    if not held:
        return filtered
    kept = {domain: size for domain, size in available.items() if domain not in held}
    stages = mixture.stages or (Stage(until=1.0),)
    base = mixture.weights or average_weights(divided, kept)
    budget = mixture.budget.tokens if mixture.budget else sum(kept.values())
    part = min(MOST_OF_STAGE, sum(held.values()) / (share * budget))
    shortened = [one.model_copy(update={"until": one.until * (1 - share)}) for one in stages]
    last = Stage(until=1.0, weights=_joined(stages[-1].weights or base, held, part))
    return Mixture.model_validate(
        {
            **filtered.model_dump(mode="python"),
            "domain": DOMAIN,
            "weights": dict(base),
            "stages": [one.model_dump() for one in (*shortened, last)],
            "preface": "content_warning",
        }
    )


def without(mixture: Mixture, domain: str) -> Mixture:
    """Return the mixture as it was before `onto`: its filter, its last stage and the warnings taken back.

    Args:
        mixture: any mixture; one that follows no policy comes back as it is.
        domain: the column of domains that it goes back to.
    """
    update: dict[str, object] = {"filters": tuple(f for f in mixture.filters if f.name != FILTER)}
    if mixture.domain == DOMAIN:
        before = mixture.stages[:-1]
        stretched = tuple(
            one.model_copy(update={"until": min(1.0, one.until / before[-1].until), "preface": True})
            for one in before
        )
        is_plain = len(stretched) == 1 and stretched[0].weights is None and stretched[0].order is None
        update |= {"domain": domain, "preface": None, "stages": () if is_plain else stretched}
    return mixture.model_copy(update=update)


def _joined(weights: Mapping[str, float], held: Mapping[str, int], part: float) -> dict[str, float]:
    """Give the held domains a part of the weights, by their tokens; the others keep their ratios."""
    total = sum(held.values())
    return {
        **{domain: weight * (1 - part) for domain, weight in weights.items()},
        **{domain: part * size / total for domain, size in held.items()},
    }
