"""Propose weights from evidence: mixtures that small runs were trained on, and their losses."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.bricks import make
from core.errors import BadInputError, NotFoundError
from core.optimisers import OPTIMISERS, Floats, Optimiser, Runs, Surrogate, fitted, one_thread
from core.types import JSON

AUTO = "auto"
KEY = "index"  # joins the two tables; without it, row by row
NUM_FOLDS = 5
NUM_JUDGED = 256  # runs that methods are compared on: more would cost minutes and change no choice
MIN_RUNS = 3
INTERVAL = 0.9  # of losses that the surrogate's interval should cover
_HALF_WIDTH = 1.6448536269514722  # standard deviations of that interval


def optimise(
    method: str,
    mixtures: Path,
    losses: Path,
    target: str = "mean",
    evaluate_mixtures: Path | None = None,
    evaluate_losses: Path | None = None,
    *,
    seed: int = 0,
) -> dict[str, JSON]:
    """Fit a surrogate to runs, propose weights, and say how well it predicts held-out runs.

    Args:
        method: An optimiser's name, or `auto`: the best by cross-validated rank correlation.
        mixtures: A CSV with a row a run, a column a domain's weight, and `index`.
        losses: A CSV with a row a run, a column a loss, and `index`.
        target: The loss column to lower, or `mean` of all.
        evaluate_mixtures: Held-out runs, with `evaluate_losses`.
        evaluate_losses: Their losses.
        seed: The same seed proposes the same weights.

    Returns:
        `method`, `weights` (by domain, sum 1), `predicted` (loss), `rationale`, `evaluation`:
        `spearman` (-1 to 1), `mse`, `coverage` (share of losses inside the 90 % interval), `runs`;
        null without held-out runs.

    Raises:
        BadInputError: a file or column that is not there or not numbers, runs that do not match.
    """
    if method != AUTO and method not in OPTIMISERS:
        near = difflib.get_close_matches(method, [AUTO, *OPTIMISERS], n=1)
        hint = f"did you mean '{near[0]}'? known: " if near else "choose one of: "
        raise NotFoundError(method, "no such method", hint + ", ".join([AUTO, *OPTIMISERS]))
    if (evaluate_mixtures is None) is not (evaluate_losses is None):
        given = evaluate_mixtures or evaluate_losses
        raise BadInputError(given, "held-out runs need both weights and losses", "give the other file, too")
    runs, held_out = read_runs(mixtures, losses, target), None
    if evaluate_mixtures is not None and evaluate_losses is not None:
        held_out = read_runs(evaluate_mixtures, evaluate_losses, target)
        held_out = _in_order(held_out, runs.domains, evaluate_mixtures)
    with one_thread():
        return {"target": target, **_proposed(method, runs, held_out, mixtures, seed)}


def _proposed(method: str, runs: Runs, held_out: Runs | None, mixtures: Path, seed: int) -> dict[str, JSON]:
    reason = ""
    if method == AUTO:
        method, reason = choose(runs, seed)
    optimiser = make(OPTIMISERS, method)
    _check_enough(optimiser, runs, mixtures)
    surrogate = fitted(optimiser, runs, np.random.default_rng(seed))
    weights, rationale = optimiser.propose(runs, np.random.default_rng(seed), surrogate)
    return {
        "method": method,
        "weights": dict(weights),
        "predicted": float(surrogate.mean(np.array([list(weights.values())]))[0]),
        "rationale": " ".join(part for part in (reason, rationale) if part),
        "evaluation": None if held_out is None else evaluate(surrogate, held_out),
    }


def choose(runs: Runs, seed: int) -> tuple[str, str]:
    """Return the method whose predictions rank held-out folds best, and the figures in a sentence.

    Of more than 256 runs a sample of as many is judged by. A method is left out that the runs are too few
    for.
    """
    order = np.random.default_rng(seed).permutation(len(runs.losses))[:NUM_JUDGED]
    judged, folds = runs.subset(order), np.array_split(np.arange(len(order)), min(NUM_FOLDS, len(order)))
    smallest = len(order) - len(folds[0])
    able = [name for name, brick in OPTIMISERS.items() if brick.needs(len(runs.domains)) <= smallest]
    if len(able) < 2:
        name = min(OPTIMISERS, key=lambda name: OPTIMISERS[name].needs(len(runs.domains)))
        return name, f"{len(runs.losses)} runs are too few to compare methods on {len(runs.domains)} domains."
    scores = {name: _cross_validated(make(OPTIMISERS, name), judged, folds, seed) for name in able}
    best = max(scores, key=lambda name: scores[name])
    listed = ", ".join(f"{name} {score:.4f}" for name, score in scores.items())
    return best, f"Chosen by rank correlation over {len(folds)} folds of {len(order)} runs: {listed}."


def _cross_validated(
    optimiser: Optimiser, runs: Runs, folds: Sequence[NDArray[np.int64]], seed: int
) -> float:
    predicted = np.empty_like(runs.losses)
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(runs.losses)), fold)
        surrogate = fitted(optimiser, runs.subset(rest), np.random.default_rng(seed))
        predicted[fold] = surrogate.mean(runs.weights[fold])
    return spearman(predicted, runs.losses)


def _check_enough(optimiser: Optimiser, runs: Runs, mixtures: Path) -> None:
    needed = optimiser.needs(len(runs.domains))
    if len(runs.losses) < needed:
        rule = f"{len(runs.losses)} runs; '{optimiser.name}' needs {needed} for {len(runs.domains)} domains"
        raise BadInputError(mixtures, rule, "train more, or use gp, which needs the fewest")


def evaluate(surrogate: Surrogate, held_out: Runs) -> dict[str, JSON]:
    """Compare predictions with what held-out runs really gave."""
    mean, deviation = surrogate.predict(held_out.weights)
    error = np.abs(mean - held_out.losses)
    return {
        "spearman": spearman(mean, held_out.losses),
        "mse": float(np.mean(error**2)),
        "coverage": float(np.mean(error <= _HALF_WIDTH * deviation)),
        "interval": INTERVAL,
        "runs": len(error),
    }


def spearman(a: Floats, b: Floats) -> float:
    """Return the rank correlation, ties at their average rank; 0 where one side is all alike."""
    from scipy.stats import rankdata

    left, right = rankdata(a), rankdata(b)
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])


# --- reading ----------------------------------------------------------------------------------------


def read_runs(mixtures: Path, losses: Path, target: str) -> Runs:
    """Read and join the two tables; weights are brought to the sum 1, since files hold rounded ones."""
    by_run, domains = _read_table(mixtures)
    loss_of, names = _read_table(losses)
    if target != "mean" and target not in names:
        near = difflib.get_close_matches(target, names, n=3, cutoff=0.4)
        remedy = f"did you mean {' or '.join(near)}?" if near else "give one of: mean, " + ", ".join(names)
        raise BadInputError(target, f"no such loss column in {losses}", remedy)
    _check_matched(by_run, loss_of, mixtures, losses)
    if len(by_run) < MIN_RUNS:
        raise BadInputError(mixtures, f"holds {len(by_run)} runs", f"train at least {MIN_RUNS}")
    weights = np.array(list(by_run.values()))
    sums = weights.sum(axis=1)
    wrong = np.flatnonzero((weights < 0).any(axis=1) | (np.abs(sums - 1) > 0.02))
    if len(wrong):
        run = list(by_run)[wrong[0]]
        rule = f"the weights of run {run} are not shares of 1 (they sum to {sums[wrong[0]]:.4g})"
        raise BadInputError(mixtures, rule, "mend or remove the run")
    table = np.array([loss_of[run] for run in by_run])
    weights = weights / sums[:, None]
    prior = weights.mean(axis=0)
    if target == "mean" and "mean" not in names:
        return Runs(tuple(domains), weights, table.mean(axis=1), prior, table if len(names) > 1 else None)
    return Runs(tuple(domains), weights, table[:, names.index(target)], prior)


def _check_matched(by_run: Iterable[str], loss_of: Iterable[str], mixtures: Path, losses: Path) -> None:
    """Refuse runs that stand in one table only."""
    ours, theirs = list(by_run), list(loss_of)
    pairs = ((mixtures, ours, losses, set(theirs)), (losses, theirs, mixtures, set(ours)))
    for path, here, other, there in pairs:
        if missing := [run for run in here if run not in there]:
            rule = f"{len(missing)} of {len(here)} runs are not in {other}, the first is {missing[0]}"
            raise BadInputError(path, rule, f"give both files the same runs under '{KEY}'")


def _read_table(path: Path) -> tuple[dict[str, list[float]], list[str]]:
    """Return values by run (its `index`, else its line) and the names of the value columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(path, f"cannot be read as CSV ({error})", "give the path of a CSV") from None
    if len(rows) < 2:
        raise BadInputError(path, "holds no runs", "a CSV has a line of names and a line a run")
    header = [name.strip() for name in rows[0][1]]
    key = header.index(KEY) if KEY in header else None
    names = [name for name in header if name != KEY]
    if len(set(header)) != len(header) or not names:
        raise BadInputError(path, "its columns need distinct names", "mend the first line")
    found: dict[str, list[float]] = {}
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise BadInputError(
                f"{path}, line {line}", f"{len(row)} cells, not {len(header)}", "mend the line"
            )
        run = _run_name(row[key]) if key is not None else f"line {line}"
        if run in found:
            raise BadInputError(f"{path}, line {line}", f"a second run '{run}'", "give each its own index")
        cells = zip(header, row, strict=True)
        found[run] = [_number(cell, f"{path}, line {line}, {name}") for name, cell in cells if name != KEY]
    return found, names


def _run_name(cell: str) -> str:
    """Return an index as text, 7.0 as 7: tables written by different hands must still join."""
    try:
        number = float(cell)
    except ValueError:
        return cell.strip()
    return str(int(number)) if number.is_integer() else cell.strip()


def _number(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInputError(f"{where}: '{cell}'", "not a number", "mend the cell or remove the run")
    return value


def _in_order(runs: Runs, domains: tuple[str, ...], path: Path) -> Runs:
    """Bring held-out runs' columns into the order of the training runs' domains."""
    if set(runs.domains) != set(domains):
        odd = sorted(set(runs.domains) ^ set(domains))
        raise BadInputError(path, f"other domains than the runs fitted to: {', '.join(odd)}", "give the same")
    order = [runs.domains.index(domain) for domain in domains]
    return Runs(domains, runs.weights[:, order], runs.losses, runs.prior[order], runs.parts)
