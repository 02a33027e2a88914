"""What came of an experiment: a view a kind of question, drawn from its result.

Owns the session keys that begin with `findings.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.parts import chart, palette, plain, plots, proposal, table

Found = Mapping[str, Any]
LOSS = "loss (nats a token)"
MEAN = "mean of all"
KINDS = {"anchor": 1, "uniform": 2, "proportional": 3}  # what stands out among the draws, by its colour
READ = {"others": "the other domains", "mean": "all domains, its own as well"}
FOUR = st.column_config.NumberColumn(format="%.4f")


def draw(name: str, result: Found) -> None:
    """Draw the result of a finished experiment; `name` is its folder's."""
    view = VIEWS.get(result["experiment"])
    if view is None:
        st.caption("This kind of experiment has no view of its own here; its tables stand in its folder.")
        return
    view(name, result)


# --- mixtures and their losses ------------------------------------------------------------------------


def _sweep(name: str, result: Found) -> None:
    runs = [run for run in result["runs"] if run["error"] is None]
    if not runs:
        return
    best = min(runs, key=_mean)
    one, two, three = st.columns(3)
    one.metric("Mixtures trained", f"{len(runs):,}")
    two.metric("Lowest mean loss", f"{_mean(best):.4f}", help=f"{best['name']}, nats a token")
    three.metric(
        "Seeds alone differ by", _noise(result), help="standard deviation over the anchors, mean loss"
    )
    _scatter(runs, result.get("noise", {}).get("deviation", {}), "sweep")
    proposal.panel(name, result)
    _mixtures([(run["name"], run["kind"], run["weights"], run["losses"]) for run in runs], name)


def _noise(result: Found) -> str:
    anchors = [_mean(run) for run in result["runs"] if run["kind"] == "anchor" and run["error"] is None]
    return f"{np.std(anchors, ddof=1):.4f}" if len(anchors) > 1 else "not known"


def _mean(run: Found) -> float:
    return float(np.mean(list(run["losses"].values())))


def _scatter(runs: Sequence[Found], deviation: Mapping[str, float | None], key: str) -> None:
    """Draw a loss over a weight: what more of one domain does."""
    domains, read = sorted(runs[0]["weights"]), sorted(runs[0]["losses"])
    left, right = st.columns(2)
    of = left.selectbox("Weight of", domains, key=f"findings.{key}.of") or domains[0]
    on = right.selectbox("Loss on", [MEAN, *read], key=f"findings.{key}.on") or MEAN
    figure = go.Figure()
    for kind in dict.fromkeys(run["kind"] for run in runs):
        some = [run for run in runs if run["kind"] == kind]
        place = KINDS.get(kind, 0)
        figure.add_trace(
            go.Scatter(
                x=[run["weights"][of] for run in some],
                y=[_mean(run) if on == MEAN else run["losses"][on] for run in some],
                error_y={"array": [2 * (deviation.get(on) or 0.0)] * len(some)}
                if deviation.get(on)
                else None,
                mode="markers",
                name=plain.plotly(kind),
                marker={"color": palette.colour(place), "symbol": palette.SYMBOLS[place], "size": 9},
                text=[plain.plotly(run["name"]) for run in some],
                hovertemplate="%{text}: %{x:.1%}, %{y:.4f}<extra></extra>",
            )
        )
    figure.update_xaxes(tickformat=".0%")
    words = f"{LOSS} on {on}" if on != MEAN else f"mean {LOSS}"
    looks = palette.looks(figure, 380, x=f"weight of {plain.plotly(of)}", y=plain.plotly(words))
    chart.draw(looks, f"findings.{key}.scatter", f"{words} over the weight of {of}")
    if deviation.get(on):
        st.caption("The bars are two standard deviations of the seed alone, either way.")


def _mixtures(rows: Sequence[tuple[str, str, Found, Found]], name: str) -> None:
    shown: list[dict[str, Any]] = [
        {"mixture": one, "kind": kind, "mean loss": float(np.mean(list(losses.values())))}
        | {f"weight {domain}": weight for domain, weight in weights.items()}
        | {f"loss {domain}": loss for domain, loss in losses.items()}
        for one, kind, weights, losses in rows
    ]
    shown.sort(key=lambda row: float(row["mean loss"]))
    numbers = {column: FOUR for column in shown[0] if "loss" in column} | {
        column: st.column_config.NumberColumn(format="percent") for column in shown[0] if "weight" in column
    }
    with st.expander("Every mixture, the lowest mean loss first"):
        table.records(shown, numbers, f"{name}-mixtures", f"findings.{name}.mixtures")


def _merge(name: str, result: Found) -> None:
    candidates = result["candidates"]
    scored = [{"kind": "merged", **one} for one in candidates]
    best = min(scored, key=_mean)
    one, two = st.columns(2)
    one.metric("Lowest mean loss of an average", f"{_mean(best):.4f}", help=str(best["name"]))
    agreement = (result.get("agreement") or {}).get("mean")
    two.metric(
        "Agreement with trained models", "not checked" if agreement is None else f"{agreement:.2f}",
        help="Spearman's rank correlation over the candidates that were trained for real, too",
    )  # fmt: skip
    _scatter(scored, {}, "merge")
    proposal.panel(name, result)
    _mixtures([(c["name"], "merged", c["weights"], c["losses"]) for c in candidates], name)


def _mix_experts(name: str, result: Found) -> None:
    best = result["best"]
    st.metric(
        "Lowest target loss of the experts mixed",
        f"{best['target']:.4f}",
        help=f"at most {best['gap']:.1e} above what is possible",
    )
    chart.bars(best["weights"], "weight that minimises the target", f"findings.{name}.best")
    proposal.put(best["weights"], result, f"findings.{name}.put")
    _mixtures([(c["name"], "mixed", c["weights"], c["losses"]) for c in result["candidates"]], name)


# --- domains against domains --------------------------------------------------------------------------


def _experts(name: str, result: Found) -> None:
    """Draw what each expert lacks on every domain, against the best expert there."""
    matrix = result["matrix"]
    taught = sorted(matrix)
    read = sorted({domain for losses in matrix.values() for domain in losses})
    values = np.array([[matrix[one].get(domain, np.nan) for domain in read] for one in taught])
    above = values - np.nanmin(values, axis=0)
    st.caption(
        "Nats a token above the best expert of each column: 0 is the best. Rows were trained on, columns read."
    )
    plots.matrix(
        above, taught, read, f"findings.{name}.matrix", "Losses of each domain's expert on every domain",
        most=max(float(np.nanmax(above)), 1.0),
    )  # fmt: skip
    rows = [{"trained on": one, **{domain: matrix[one].get(domain) for domain in read}} for one in taught]
    with st.expander("The losses themselves"):
        table.records(rows, dict.fromkeys(read, FOUR), f"{name}-experts", f"findings.{name}.experts")


def _leave_one_out(name: str, result: Found) -> None:
    effects = result["effects"]
    on = st.segmented_control(
        "Loss on", list(READ), default="others", format_func=READ.__getitem__, key=f"findings.{name}.read",
        required=True,
    ) or "others"  # fmt: skip
    st.caption(
        "How much higher it is where the domain is missing at the end: right of 0, the domain is of use."
    )
    known = {domain: effect[on] for domain, effect in effects.items() if effect[on] is not None}
    _intervals(known, "loss without the domain less that with all", f"findings.{name}.effects")
    for domain, effect in effects.items():
        st.markdown(f"- **{plain.markdown(domain)}**: {plain.markdown(effect['words'])}")
    read = sorted({domain for effect in effects.values() for domain in effect["on"]})
    rows = [
        {"left out": left, "weight": effect["weight"], **{d: effect["on"][d]["mean"] for d in read}}
        for left, effect in effects.items()
    ]
    numbers = dict.fromkeys(read, st.column_config.NumberColumn(format="%+.4f"))
    numbers["weight"] = st.column_config.NumberColumn(format="percent")
    with st.expander("The effect on every domain"):
        table.records(rows, numbers, f"{name}-effects", f"findings.{name}.table")


def _compare(name: str, result: Found) -> None:
    mean = result["mean"]
    st.markdown(f"**{plain.markdown(mean['words'], 400)}**")
    differences = {domain: one["difference"] for domain, one in result["domains"].items()}
    _intervals(differences, "loss of the second less that of the first", f"findings.{name}.differences")
    rows = [
        {"domain": domain, "first": one["first"], "second": one["second"], "in words": one["words"]}
        for domain, one in result["domains"].items()
    ]
    table.records(rows, {"first": FOUR, "second": FOUR}, f"{name}-differences", f"findings.{name}.table")


def _intervals(values: Mapping[str, Found], label: str, key: str) -> None:
    """Draw a dot and its 95 % interval a name; grey where it cannot be told from noise."""
    names = sorted(values, key=lambda name: values[name]["mean"])
    figure, labels = go.Figure(), plain.labels(names)
    for sure, words in ((True, "told apart"), (False, "cannot be told from noise")):
        some = [name for name in names if bool(values[name]["told_apart"]) is sure]
        if not some:
            continue
        means = [values[name]["mean"] for name in some]
        high = [_end(values[name], "high") - mean for name, mean in zip(some, means, strict=True)]
        low = [mean - _end(values[name], "low") for name, mean in zip(some, means, strict=True)]
        figure.add_trace(
            go.Scatter(
                x=means,
                y=[labels[name] for name in some],
                error_x={"array": high, "arrayminus": low, "symmetric": False, "thickness": 1.5},
                mode="markers",
                name=words,
                marker={
                    "size": 9,
                    "color": palette.KEPT if sure else palette.colour(6),
                    "symbol": "circle" if sure else "circle-open",
                },
                hovertemplate="%{y}: %{x:+.4f}<extra></extra>",
            )
        )
    figure.add_vline(x=0, line={"color": palette.colour(6), "width": 1, "dash": "dot"})
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=list(labels.values()))
    height = max(220, 100 + 28 * len(names))
    chart.draw(palette.looks(figure, height, x=plain.plotly(label)), key, label)


def _end(found: Found, side: str) -> float:
    return float(found["mean"] if found[side] is None else found[side])


VIEWS: dict[str, Callable[[str, Found], None]] = {
    "sweep": _sweep,
    "experts": _experts,
    "mix-experts": _mix_experts,
    "merge": _merge,
    "leave-one-out": _leave_one_out,
    "compare": _compare,
}
