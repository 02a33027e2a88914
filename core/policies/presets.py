"""Published policies, as they were published."""

from __future__ import annotations

from core.policies.value import Levels, Policy

DIMENSIONS = tuple(
    f"toxicity_{name}" for name in ("race_origin", "gender_sex", "religion", "ability", "violence")
)
CELADON = tuple(column.replace("toxicity", "celadon") for column in DIMENSIONS)
# Longpre et al. 2023, A Pretrainer's Guide to Training Data, section 3: documents above each are left out.
GUIDE = (0.95, 0.9, 0.7, 0.5, 0.3)


def _commons(name: str, columns: tuple[str, ...], whose: str) -> Policy:
    """Arnett et al. 2024, Toxicity of the Commons: nothing is thrown away."""
    return Policy(
        name=name,
        columns=columns,
        rounded=True,
        levels=Levels(mild=4, mild_single=3, toxic=7),
        actions={"mild": "anneal", "toxic": "rewrite"},
        note="Toxicity of the Commons: mild comes back in annealing with a content warning, toxic rewritten. "
        f"Levels by {whose}.",
    )


def _threshold(name: str, border: float, note: str) -> Policy:
    return Policy(
        name=name,
        columns=("toxicity",),
        levels=Levels(mild=border, toxic=border),
        actions={"toxic": "drop"},
        note=note,
    )


PRESETS: dict[str, Policy] = {
    policy.name: policy
    for policy in (
        _commons("commons", DIMENSIONS, "toxicity_dimensions"),
        _commons("commons-celadon", CELADON, "Celadon, the paper's own model"),
        *(
            _threshold(f"guide-{border:g}", border, f"A Pretrainer's Guide: {border:g} and above is dropped.")
            for border in GUIDE
        ),
    )
}
