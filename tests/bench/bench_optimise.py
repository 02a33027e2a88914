"""How well each optimiser foretells runs it has not seen, and how long that takes; a plain script.

Takes a folder of RegMix's published proxy runs (``train_mixture_1m.csv``, ``train_pile_loss_1m.csv`` and the
two of ``test``), as an argument or in ``MIXDESK_REGMIX``. The peer in the same run is gradient-boosted trees
with RegMix's settings (1,000 rounds, learning rate 0.01), by scikit-learn; all in one thread.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path

import numpy as np

from core.bricks import make
from core.optimise import choose, evaluate, optimise, read_runs, spearman
from core.optimisers import OPTIMISERS, Runs, fitted, one_thread

TARGETS = ("pile_cc", "github", "wikipedia_en", "pubmed_central", "mean")
SIZES = (64, 128, 512)


def tables(folder: Path, part: str) -> tuple[Path, Path]:
    """Return the two files of ``train`` or ``test``."""
    return folder / f"{part}_mixture_1m.csv", folder / f"{part}_pile_loss_1m.csv"


def trees(runs: Runs, held_out: Runs) -> tuple[float, float, float]:
    """Return the peer's rank correlation, squared error and seconds, a model a loss."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    began, parts = time.perf_counter(), runs.losses[:, None] if runs.parts is None else runs.parts
    guesses = []
    for losses in parts.T:
        # LightGBM's defaults where RegMix set none: 31 leaves, 20 runs a leaf, no early stopping.
        model = HistGradientBoostingRegressor(max_iter=1000, learning_rate=0.01, early_stopping=False)
        guesses.append(model.fit(runs.weights, losses).predict(held_out.weights))
    guess = np.mean(guesses, axis=0)
    error = float(np.mean((guess - held_out.losses) ** 2))
    return spearman(guess, held_out.losses), error, time.perf_counter() - began


def first(runs: Runs, count: int) -> Runs:
    """Return the first runs, as if no more had been trained."""
    some = runs.subset(np.arange(count))
    return Runs(some.domains, some.weights, some.losses, some.weights.mean(axis=0), some.parts)


def table(folder: Path, target: str, count: int) -> None:
    """Print a line a method."""
    column = target if target == "mean" else f"metric/the_pile_{target}_val_loss"
    runs = first(read_runs(*tables(folder, "train"), column), count)
    held_out = read_runs(*tables(folder, "test"), column)
    rank, error, peer = trees(runs, held_out)
    head = f"{target:<15} {count:>4} runs"
    print(f"{head}  {'trees (peer)':<12} spearman {rank:.4f}  mse {error:.5f}  {peer:6.2f} s")
    for name in OPTIMISERS:
        began = time.perf_counter()
        surrogate = fitted(make(OPTIMISERS, name), runs, np.random.default_rng(0))
        found, taken = evaluate(surrogate, held_out), time.perf_counter() - began
        print(
            f"{head}  {name:<12} spearman {found['spearman']:.4f}  mse {found['mse']:.5f}  {taken:6.2f} s  "
            f"coverage of 90 % {found['coverage']:.3f}  mse {found['mse'] / error:.2f} x and time "
            f"{taken / peer:.2f} x the peer's"
        )
    began = time.perf_counter()
    chosen = choose(runs, 0)[0]
    print(f"{head}  auto chooses {chosen} in {time.perf_counter() - began:.2f} s", flush=True)


def main() -> None:
    """Measure every target at every number of runs, and one whole proposal."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MIXDESK_REGMIX")
    if not named:
        print("nothing measured: name the folder of RegMix's published runs, or set MIXDESK_REGMIX to it")
        return
    folder = Path(named)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    for target in TARGETS:
        for count in SIZES if target == "pile_cc" else (512,):
            table(folder, target, count)
    began = time.perf_counter()
    result = optimise("auto", *tables(folder, "train"), "metric/the_pile_pile_cc_val_loss")
    print(f"auto, choice to proposal: {time.perf_counter() - began:.1f} s\n{result['rationale']}")


if __name__ == "__main__":
    import sklearn.ensemble  # noqa: F401 the limit reaches only libraries that are loaded

    with one_thread():
        main()
