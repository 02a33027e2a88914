"""The words that start the backend's work in a new process, or in several."""

from __future__ import annotations

from collections.abc import Sequence


def command(
    python: str, work: Sequence[str], manifest: str, config: str, out: str, processes: int = 1
) -> list[str]:
    """Return the words of `python -m core.backend WORK…` on a manifest; several processes by torchrun.

    Args:
        python: The interpreter.
        work: The backend's command and its options.
        manifest: The manifest's path where it runs.
        config: The config's, as JSON or YAML.
        out: The folder of results.
        processes: On one machine; each is given a GPU where there are.
    """
    start = [python]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    name, *options = work
    return [*start, "-m", "core.backend", name, manifest, "--config", config, "--out", out, *options]
