"""A trainer's own configuration, read into a mixture, and the traps in it in words.

Each reader takes what its trainer's documentation says and notes what the trainer would take otherwise than
it looks. Nothing is opened but the configuration itself.
"""

from __future__ import annotations

import itertools
import math
import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core import plain_yaml
from core.configuration import Found, ends_of, is_weight, listed, positive, seed_of
from core.errors import BadInputError, NotFoundError
from core.types import JSON, Mixture

UNNAMED = "corpus"  # the mixture's corpus, where nobody names one
_BLENDS = ("--data-path", "--train-data-path")  # before the options for validation
_SHELL = frozenset("()&;|")
_STREAM_KINDS = ("proportion", "repeat", "choose")


@dataclass(frozen=True, slots=True)
class Linted:
    """What a configuration asks, as a mixture, and what in it does not do what it says."""

    trainer: str
    mixture: Mixture
    traps: tuple[str, ...]


def lint(path: Path, corpus: str = UNNAMED) -> Linted:
    """Read a configuration of Megatron-LM, llm-foundry, OLMo-core, nanotron or Levanter.

    Args:
        path: The file; which trainer it is for is seen from its keys.
        corpus: What the mixture is to name as its corpus.

    Raises:
        BadInputError: The file is none of these, or names no data.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(path, f"cannot be read ({error})", "name a trainer's configuration") from None
    trainer, reader, part = _recognised(text, path)
    found = Found()
    for key, line in _repeated(text) if isinstance(part, dict) else ():
        found.trap(f"'{key}' stands twice, again in line {line}: YAML keeps the second and drops the first.")
    try:
        reader(part, found)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        rule = f"is not built as {trainer} wants it ({type(error).__name__}: {error})"
        raise BadInputError(path, rule, "mend it by the trainer's documentation") from None
    if not found.stages and not found.traps:
        raise BadInputError(path, f"names no data that {trainer} would read", "name its data configuration")
    return Linted(trainer, _mixture(path, corpus, found), tuple(found.traps))


def _recognised(text: str, path: Path) -> tuple[str, Callable[[Any, Found], None], JSON]:
    if any(option in text for option in _BLENDS):  # arguments, or a script that starts Megatron
        return "Megatron-LM", _megatron, _words(text, path)
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError(path, f"not YAML ({error})", "mend the file's syntax") from None
    if isinstance(value, str):
        return "Megatron-LM", _megatron, value.split()
    if isinstance(value, dict):
        if {"train", "valid", "test"} <= set(value):  # --per-split-data-args-path
            words = value["train"]
            return "Megatron-LM", _megatron, words.split() if isinstance(words, str) else words
        for key, trainer, reader in _KEYS:
            holder = _holding(value.get("train_loader"), key) or _holding(value, key)
            if holder is not None:
                return trainer, reader, {"whole": value, "part": holder}
    remedy = "give a configuration of Megatron-LM, llm-foundry, OLMo-core, nanotron or Levanter"
    raise BadInputError(path, "is of no trainer that is known here", remedy)


def _words(text: str, path: Path) -> list[str]:
    """Split a shell's text into its words: continued lines, quotes and comments as the shell takes them."""
    try:
        return shlex.split(text.replace("\\\n", " ").replace("(", " ( ").replace(")", " ) "), comments=True)
    except ValueError as error:
        raise BadInputError(path, f"no shell reads it ({error})", "close the quotes") from None


def _repeated(text: str) -> list[tuple[str, int]]:
    return list(plain_yaml.repeated(yaml.compose(text, Loader=yaml.SafeLoader)))


def _holding(value: JSON, key: str) -> dict[str, Any] | None:
    """Return the outermost map that has the key."""
    if not isinstance(value, dict):
        return None
    if key in value:
        return value
    return next((found for part in value.values() if (found := _holding(part, key)) is not None), None)


def _mixture(path: Path, corpus: str, found: Found) -> Mixture:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._")[:64] or "mixture"
    values: dict[str, JSON] = {"name": name, "corpus": corpus, "seed": found.seed}
    stages = [(until, weights) for until, weights in found.stages if weights]
    if len(stages) > 1:
        stages[-1] = (1.0, stages[-1][1])  # a stage without weights was left out
        values["stages"] = [{"until": until, "weights": weights} for until, weights in stages]
        starts = [0.0, *(until for until, _ in stages)]
        names = sorted({name for _, weights in stages for name in weights})
        long = [until - start for (until, _), start in zip(stages, starts, strict=False)]
        values["weights"] = {
            n: math.fsum(part * w.get(n, 0.0) for part, (_, w) in zip(long, stages, strict=True))
            for n in names
        }
    elif stages:
        values["weights"] = stages[0][1]
    if found.tokens:
        values["budget"] = {"tokens": found.tokens}
    return Mixture.model_validate(values)


# --- one reader a trainer ---------------------------------------------------------------------------


def _megatron(words: Any, found: Found) -> None:
    words = [str(word) for word in words or ()]
    _megatron_options(words, found)
    words = _blend(words)
    if variable := next((word for word in words if word.startswith("$")), None):
        found.trap(f"The list holds the variable {variable}, whose value is not in this file.")
        return
    if len(words) == 1:
        found.stage(1.0, [(words[0], 1.0)], "")
        return
    if len(words) % 2:
        found.trap(
            f"The list has {len(words)} entries, an odd number: Megatron takes all of them for prefixes without "
            "weights, the weights among them too, and reads each data set in proportion to its size."
        )
        return
    pairs = list(zip(words[1::2], words[::2], strict=True))
    if any(not is_weight(weight) for _, weight in pairs):
        found.trap("A place where a weight should stand holds none: Megatron reads all entries as prefixes.")
        return
    found.stage(1.0, pairs, "Megatron divides by the sum.")
    found.trap(
        "The weights count samples of --seq-length tokens: they are shares of tokens by Megatron's tokenizer, and "
        "a corpus counted by another has other shares."
    )


def _blend(words: Sequence[str]) -> Sequence[str]:
    """Return the weights and prefixes among a launch script's words: up to the next option, if one names them."""
    asked = next((option for option in _BLENDS if option in words), None)
    if asked is None and not any(word.startswith("--") for word in words):
        return words
    after = words[words.index(asked) + 1 :] if asked else ()
    return list(itertools.takewhile(lambda word: not word.startswith("--") and word not in _SHELL, after))


def _megatron_options(words: Sequence[str], found: Found) -> None:
    """Take seed and budget, where the words are those of a whole launch script."""
    told = dict(itertools.pairwise(words))
    samples, length = (told.get(option, "") for option in ("--train-samples", "--seq-length"))
    if samples.isdecimal() and length.isdecimal():
        found.tokens = int(samples) * int(length) or None
    if (seed := told.get("--seed", "")).isdecimal():
        found.seed = seed_of(int(seed))


def _llm_foundry(config: Any, found: Found) -> None:
    holder = config["part"]
    streams = holder["streams"]
    if not isinstance(streams, dict):
        found.trap("`streams` is no map from a name to a stream.")
        return
    kinds = {name: [k for k in _STREAM_KINDS if (s or {}).get(k) is not None] for name, s in streams.items()}
    used = Counter(kind for found_kinds in kinds.values() for kind in found_kinds)
    for name, several in kinds.items():
        if len(several) > 1:
            found.trap(f"'{name}' has {' and '.join(several)}: a stream takes one of them.")
    if len(used) > 1 or (used and sum(used.values()) < len(streams)):
        without = sum(1 for several in kinds.values() if not several)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(used.items()))
        more = f" and {without} without any" if without else ""
        found.trap(
            f"Streams are weighted in different ways ({told}{more}): Streaming refuses proportions there."
        )
    if "proportion" in used:
        for until, part in _datamixes(config["whole"], streams, found):
            found.stage(until, _proportions(part), "Streaming divides by the sum.")
        if holder.get("epoch_size") is None:
            found.trap(
                "No `epoch_size`: an epoch is as many samples as all streams hold, whatever the weights."
            )
    elif used:
        kind = next(iter(used))
        found.trap(f"`{kind}` weighs a stream by its own number of samples, which is not in this file.")
    else:
        found.trap("No stream has a proportion: each is read once an epoch, whatever its name suggests.")
    found.trap(
        "Proportions count samples: shares of tokens only where every sample has max_seq_len tokens; a sample that "
        "is one text is cut there."
    )
    found.seed = seed_of(holder.get("shuffle_seed"))


def _datamixes(whole: Any, first: Any, found: Found) -> list[tuple[float, Any]]:
    """Return the streams up to each share of training: those of the callback `curriculum_learning` after the first."""
    later = ((whole.get("callbacks") or {}).get("curriculum_learning")) or {}
    schedule = later.get("schedule") or []
    if not schedule:
        return [(1.0, first)]
    asked = [later.get("duration"), *(one.get("duration") for one in schedule)]
    long = [re.fullmatch(r"(\d+) ?(tok|ep)", str(one)) for one in asked]
    streams = [first, *((one.get("dataset") or {}).get("streams") or first for one in schedule)]
    sizes = [int(one[1]) if one else 0 for one in long]
    units = {one[2] for one in long if one}
    if not all(sizes) or len(units) != 1:
        found.trap(
            f"The schedule's durations are {asked}: llm-foundry wants tokens or epochs, all in one unit."
        )
        sizes = [1] * len(asked)
    elif str(whole.get("max_duration")).replace(" ", "") != f"{sum(sizes)}{units.pop()}":
        found.trap(
            f"The durations sum to {sum(sizes)}, and max_duration is {whole.get('max_duration')}: llm-foundry refuses "
            "what differs."
        )
    return [(sum(sizes[: n + 1]) / sum(sizes), part) for n, part in enumerate(streams)]


def _proportions(streams: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the proportions by name; of a domain that lies in numbered folders, the sum."""
    sums: dict[str, Any] = {}
    for name, stream in streams.items():
        weight = (stream or {}).get("proportion", 0)
        folder, dot, number = str(name).rpartition(".")
        if dot and number.isdigit() and str((stream or {}).get("local")).endswith(f"/{number}"):
            name = folder
        both = is_weight(weight) and is_weight(sums.get(name, 0))
        sums[name] = float(sums.get(name, 0)) + float(weight) if both else weight
    return list(sums.items())


def _olmo_core(config: Any, found: Found) -> None:
    holder, sources = config["part"], config["part"]["sources"]
    if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
        found.trap("`sources` is no list of sources.")
        return
    pairs = [(str(s.get("source_name")), s.get("target_ratio")) for s in sources]
    for name, ratio in pairs:
        if is_weight(ratio) and not 0 < float(ratio) <= 1:
            found.trap(
                f"'{name}' has the target_ratio {ratio}: OLMo-core refuses what is not above 0, up to 1."
            )
    found.stage(1.0, pairs, "OLMo-core refuses that.")
    once = [
        str(s.get("source_name")) for s in sources if float(s.get("max_repetition_ratio", 1.0) or 1.0) <= 1
    ]
    if once:
        found.trap(
            f"{listed(once)} may not repeat (max_repetition_ratio 1): OLMo-core fails where a ratio asks for more "
            "tokens than the files hold."
        )
    _olmo_core_paths(sources, found)
    outer = _holding(config["whole"], "requested_tokens") or {}
    for key in ("requested_tokens", "global_batch_size"):
        if outer.get(key) is None:
            found.trap(f"No `{key}`: OLMo-core has no default for it.")
    found.tokens = positive(outer.get("requested_tokens"))
    found.seed = seed_of(outer.get("seed", holder.get("seed")))


def _olmo_core_paths(sources: Sequence[Mapping[str, Any]], found: Found) -> None:
    """Note paths that stand more than once."""
    named = [(str(path), str(s.get("source_name"))) for s in sources for path in s.get("paths") or ()]
    for path, count in Counter(path for path, _ in named).items():
        holders = list(dict.fromkeys(name for one, name in named if one == path))
        if count > 1:
            found.trap(
                f"{path} stands {count} times, in {listed(holders)}: its tokens count each time, and come as often."
            )


def _nanotron(config: Any, found: Found) -> None:
    stages = config["part"]["data_stages"]
    tokens = config["whole"].get("tokens") or {}
    starts = [(stage or {}).get("start_training_step") for stage in stages]
    if starts and starts[0] != 1:
        found.trap(f"The first stage starts at step {starts[0]}: nanotron wants 1.")
    steps = positive(tokens.get("train_steps"))
    if len(starts) > 1 and steps is None:
        found.trap(
            "No `tokens.train_steps`: how long the last stage is cannot be seen; equal lengths are taken."
        )
    ends = ends_of(starts, steps, first=1, found=found)
    names = Counter(str((stage or {}).get("name")) for stage in stages)
    if any(count > 1 for count in names.values()):
        found.trap("Two stages have the same name: nanotron refuses that.")
    for stage, until in zip(stages, ends, strict=True):
        data = ((stage or {}).get("data") or {}).get("dataset") or {}
        _nanotron_stage(str(stage.get("name")), data, until, found)
    found.seed = seed_of(((stages[0] or {}).get("data") or {}).get("seed") if stages else None)


def _nanotron_stage(name: str, data: Mapping[str, Any], until: float, found: Found) -> None:
    folders, weights = data.get("dataset_folder"), data.get("dataset_weights")
    if isinstance(folders, dict):
        found.trap(
            f"Stage '{name}': `dataset_folder` is a map; nanotron wants two lists, and ignores its values."
        )
        found.stage(until, list(folders.items()), "nanotron divides by the sum.")
        return
    if folders is None:
        found.trap(f"Stage '{name}' has no `dataset_folder`: data from the hub takes no weights.")
        return
    listed = [folders] if isinstance(folders, str) else list(folders)
    if weights is None:
        if len(listed) > 1:
            found.trap(
                f"Stage '{name}' has no `dataset_weights`: folders are read in proportion to their size."
            )
        else:
            found.stage(until, [(listed[0], 1.0)], "")
        return
    if len(weights) != len(listed):
        found.trap(f"Stage '{name}' has {len(listed)} folders and {len(weights)} weights.")
        return
    found.stage(until, list(zip(listed, weights, strict=True)), "nanotron divides by the sum.")


def _levanter(config: Any, found: Found) -> None:
    data, trainer = config["part"], config["whole"].get("trainer") or {}
    asked, known = data["train_weights"], set(data.get("configs") or data.get("components") or {})
    stages: list[Any] = [[0, asked]] if isinstance(asked, dict) else list(asked or [])
    steps, batch = positive(trainer.get("num_train_steps")), positive(trainer.get("train_batch_size"))
    starts = [start for start, _ in stages]
    if starts and starts[0] != 0:
        found.trap(f"The first stage starts at step {starts[0]}: Levanter wants 0.")
    if len(starts) > 1 and steps is None:
        found.trap(
            "No `trainer.num_train_steps`: the last stage's length cannot be seen; equal ones are taken."
        )
    block = positive(data.get("mixture_block_size")) or 2048
    for start in starts[1:]:
        if batch and isinstance(start, int) and start * batch % block:
            found.trap(
                f"Step {start} is {start * batch} samples, no multiple of the block of {block}: it fails."
            )
    for (_, weights), until in zip(stages, ends_of(starts, steps, first=0, found=found), strict=True):
        for name in sorted(set(weights) - known):
            found.trap(f"'{name}' has a weight and no entry in `configs`: Levanter refuses that.")
        found.stage(until, list(weights.items()), "Levanter divides by the sum.")
    never = sorted(known - {name for _, weights in stages for name, w in weights.items() if w})
    if never:
        found.trap(f"{listed(never)} has no weight, so nothing of it is trained on.")
    if data.get("stop_strategy", "restart") != "restart":
        found.trap(f"stop_strategy {data['stop_strategy']} ends training with the first data set that ends.")
    found.seed = seed_of(trainer.get("seed"))


_KEYS: tuple[tuple[str, str, Callable[[Any, Found], None]], ...] = (
    ("data_stages", "nanotron", _nanotron),
    ("train_weights", "Levanter", _levanter),
    ("streams", "llm-foundry", _llm_foundry),
    ("sources", "OLMo-core", _olmo_core),
)
