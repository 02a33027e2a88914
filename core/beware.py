"""What to beware of in a plan, in words: repeats, domains too small for a loader, domains that are one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.course import Documents, stages_of
from core.sharing import Shared
from core.types import DomainPlan, Mixture

# Hernandez et al. 2022, Scaling Laws and Interpretability of Learning from Repeated Data: 0.1 % of the
# data repeated 100 times can halve a model's effective size. Warned of from half that many repeats on.
HARMFUL_EPOCHS = 50.0
HARMFUL_SHARE = 0.01  # of the budget that is distinct tokens of such a domain
NOTABLE_REPEAT = 1.005  # below, a domain repeats by rounding only
SEQUENCE_TOKENS = 2048  # of a loader's sample, where the mixture does not say: the exporters' own default
MOST_NAMED = 5  # domains in a sentence, and pairs of domains with a sentence each


def beware(
    mixture: Mixture,
    shared: Sequence[Shared],
    domains: Mapping[str, DomainPlan],
    found: Mapping[str, Documents],
    by_stage: Sequence[Mapping[str, int]],
    budget: int,
) -> list[str]:
    """Return a sentence for each thing, with what to do about it."""
    return [
        *_repeats(domains, budget),
        *_below_the_floor(domains, found, budget, mixture.sequence_length or SEQUENCE_TOKENS),
        *_one_another(mixture, shared, domains),
        *_lost_stages(mixture, domains, found, by_stage),
    ]


def _repeats(domains: Mapping[str, DomainPlan], budget: int) -> list[str]:
    again = {name: part for name, part in domains.items() if part.epochs > NOTABLE_REPEAT}
    warnings = [_all_repeat(again)] if len(again) > MOST_NAMED else []
    for name, part in domains.items():
        if name in again and len(again) <= MOST_NAMED:
            warnings.append(
                f"'{name}' repeats: {part.epochs:.3g} epochs of {part.tokens_available:,} tokens are worth "
                f"about {part.effective_tokens:,} distinct tokens (Muennighoff et al.)."
            )
        if part.epochs >= HARMFUL_EPOCHS and part.tokens_available <= HARMFUL_SHARE * budget:
            warnings.append(
                f"'{name}' is {part.tokens_available / budget:.2%} of the budget seen {part.epochs:.0f} times: "
                "0.1 % of the data repeated 100 times can halve a model's effective size (Hernandez et al.); "
                "lower its weight."
            )
    return warnings


def _all_repeat(again: Mapping[str, DomainPlan]) -> str:
    """One sentence for many domains, those of most epochs first."""
    most = sorted(again, key=lambda name: (-again[name].epochs, name))
    named = ", ".join(f"'{name}' ({again[name].epochs:.3g} epochs)" for name in most[:MOST_NAMED])
    seen, worth = (sum(getattr(part, of) for part in again.values()) for of in ("tokens", "effective_tokens"))
    return (
        f"{len(again)} domains repeat, most {named}: the {seen:,} tokens seen of them all are worth about "
        f"{worth:,} distinct tokens (Muennighoff et al.)."
    )


def _below_the_floor(
    domains: Mapping[str, DomainPlan], found: Mapping[str, Documents], budget: int, floor: int
) -> list[str]:
    """Name domains that fill no sequence; a budget that fills none is a trial, and nobody's loader reads it."""
    sizes = {name: int(found[name].tokens.sum()) for name, part in domains.items() if part.tokens}
    small = [name for name, size in sizes.items() if size < floor]
    if budget < floor or not small:
        return []
    return [
        f"Less is written than one sequence of {floor:,} tokens of {_listed(small, sizes)}: a loader that "
        "takes whole sequences leaves that out or pads it; raise the weight, or train on shorter sequences."
    ]


def _listed(names: Sequence[str], sizes: Mapping[str, int] | None = None) -> str:
    """Return the first names in quotes, each with its size where there are sizes, and how many more there are."""
    shown = [f"'{name}'" + (f" ({sizes[name]:,})" if sizes else "") for name in names[:MOST_NAMED]]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(shown) + more


def _one_another(mixture: Mixture, shared: Sequence[Shared], domains: Mapping[str, DomainPlan]) -> list[str]:
    """Say of domains in the mixture how much of the one is the other, whose weight it raises."""
    weights = {name: part.weight for name, part in domains.items() if part.tokens}
    there = [one for one in shared if one.of in weights and one.inside in weights]
    warnings = []
    for one in there[:MOST_NAMED]:
        lent = one.share * weights[one.of]
        what = {
            "copies": "stand in near-copies of documents",
            "contained": "stand in documents contained in those",
        }[one.found_by]
        remedy = "weigh the two as one"
        if one.found_by == "copies" and (mixture.dedup is None or mixture.dedup.scope == "local"):
            remedy = "deduplicate with scope global, or " + remedy
        warnings.append(
            f"{one.share:.0%} of the tokens of '{one.of}' {what} of '{one.inside}', whose weight is then "
            f"{weights[one.inside] + lent:.4g} rather than {weights[one.inside]:.4g}: {remedy}."
        )
    if len(there) > MOST_NAMED:
        warnings.append(
            f"{len(there) - MOST_NAMED} more pairs of domains share a tenth of their tokens or more."
        )
    return warnings


def _lost_stages(
    mixture: Mixture,
    domains: Mapping[str, DomainPlan],
    found: Mapping[str, Documents],
    by_stage: Sequence[Mapping[str, int]],
) -> list[str]:
    """Name stages that put documents in order, or show them plain, and cannot: they have none of their own."""
    warnings, before = [], dict.fromkeys(domains, 0)
    for number, (stage, tokens) in enumerate(zip(stages_of(mixture), by_stage, strict=True)):
        seen = {name: before[name] + tokens[name] for name in domains}
        there = {name: part.tokens_available for name, part in domains.items()}
        begins = {name: one.ends[number - 1] if number else 0 for name, one in found.items()}
        again = [d for d in domains if before[d] and tokens[d] and seen[d] > NOTABLE_REPEAT * there[d]]
        empty = [d for d in domains if tokens[d] and d not in again and found[d].ends[number] == begins[d]]
        before = seen
        if stage.order is not None and again:
            warnings.append(
                f"Stage {number + 1} is ordered by '{stage.order.by}', but repeats documents of {_listed(again)} "
                "that earlier stages showed: those come as they first came; shrink the budget to order them, too."
            )
        if (stage.order is not None or not stage.preface) and empty:
            warnings.append(
                f"Stage {number + 1} has no document of its own of {_listed(empty)}: one that begins before fills "
                "its part; lengthen the stage or raise the budget."
            )
    return warnings
