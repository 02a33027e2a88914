"""A model made ready: its network, strictly loaded from safetensors, its tokenizer, and the device they use."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInputError
from core.signals.classifier import _celadon, _folder

Device = Literal["auto", "cpu", "cuda"]
_MOST = 1_000_000  # a tokenizer without a limit names a number far beyond
_SHIFTED = ("roberta", "camembert", "longformer", "mpnet", "xmod")  # kinds that number places as RoBERTa does
_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


@dataclass(frozen=True, slots=True)
class Model:
    """A network that is ready to run, and what its texts are wrapped in."""

    network: Any
    tokenizer: Any
    device: str
    padding: int
    before: tuple[int, ...]  # special tokens around a chunk
    after: tuple[int, ...]
    max_tokens: int  # of a chunk, the special ones among them


def device_of(device: Device) -> str:
    """Return `cpu` or `cuda`: for `auto` a GPU where there is one."""
    if device == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        rule = "no GPU that PyTorch can use is here"
        raise BadInputError("classifier.device = cuda", rule, "leave it at auto, or set cpu")
    return "cpu"


def load(folder: Path, is_celadon: bool, device: str) -> Model:
    """Return the model of a folder, the one already loaded in this process where its files are the same."""
    return _loaded(folder, _folder.stamp(folder), is_celadon, device)


@functools.lru_cache(maxsize=1)
def _loaded(folder: Path, files: Any, is_celadon: bool, device: str) -> Model:  # noqa: ARG001 tell it anew
    with _quiet():
        network, tokenizer = _network(folder, is_celadon), _tokenizer(folder)
    config = network.config
    rows = network.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        rule = f"its tokenizer knows {len(tokenizer)} tokens, its weights {rows}"
        raise BadInputError(folder, rule, "name a folder whose tokenizer and weights belong together")
    padding = config.pad_token_id if config.pad_token_id is not None else tokenizer.pad_token_id
    if padding is None:
        raise BadInputError(folder, "the model has no padding token", "set pad_token_id in its config.json")
    config.pad_token_id = padding
    before, after = _around(folder, tokenizer)
    most = min(tokenizer.model_max_length, _positions(config), _MOST)
    return Model(network.to(device), tokenizer, device, padding, before, after, most)


def _network(folder: Path, is_celadon: bool) -> Any:
    import torch
    from transformers import AutoModelForSequenceClassification

    made = _celadon.network_class() if is_celadon else AutoModelForSequenceClassification
    code = {} if is_celadon else {"trust_remote_code": False}
    try:
        network, told = made.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # told below, all of them together
            **code,
        )
    except Exception as error:  # the library raises a dozen kinds for what it cannot read
        rule = f"is no text-classification model that transformers can load ({type(error).__name__})"
        remedy = "name another one; a model that brings code of its own is not run"
        raise BadInputError(folder, rule, remedy) from None
    wrong = {
        "missing": sorted(told["missing_keys"]),
        "unknown": sorted(told["unexpected_keys"]),
        "of another shape": sorted(str(key[0]) for key in told["mismatched_keys"]),
    }
    if any(wrong.values()):
        rule = "; ".join(f"{len(keys)} {kind} ({keys[0]})" for kind, keys in wrong.items() if keys)
        remedy = "name a model that was trained to classify texts, whole"
        raise BadInputError(folder, f"its weights do not fit the network: {rule}", remedy)
    return network.eval()


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    if not any(True for pattern in _VOCABULARIES for _ in folder.glob(pattern)):
        raise BadInputError(folder, "holds no tokenizer", "save the model's tokenizer beside it")
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # as above
        rule = f"its tokenizer cannot be loaded ({type(error).__name__})"
        remedy = "save it as tokenizer.json"
        if any(folder.glob("*.model")):
            remedy += ", or install the package sentencepiece, which its .model file needs"
        raise BadInputError(folder, rule, remedy) from None
    if not tokenizer.is_fast:
        raise BadInputError(
            folder, "its tokenizer does not tell where tokens stand", "save it as tokenizer.json"
        )
    return tokenizer


def _around(folder: Path, tokenizer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the special tokens that the tokenizer puts before and after a text."""
    told = tokenizer("a", return_special_tokens_mask=True)
    ids, special = told["input_ids"], told["special_tokens_mask"]
    if 0 not in special:
        raise BadInputError(
            folder, "its tokenizer makes no token of a letter", "save the model's tokenizer again"
        )
    first, last = special.index(0), len(special) - special[::-1].index(0)
    return tuple(ids[:first]), tuple(ids[last:])


def _positions(config: Any) -> int:
    """Return how many tokens the network has places for; RoBERTa's begin after its padding token's."""
    shifted = any(kind in config.model_type for kind in _SHIFTED)
    most = getattr(config, "max_position_embeddings", None) or _MOST
    return int(most) - (config.pad_token_id + 1 if shifted else 0)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's reports and bars to itself: what matters becomes an error."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
