"""Model folders: written as transformers reads them, and read back into weights and a shape."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend._files import folder_aside, read_json, write_json
from core.backend.model.decoder import EMBEDDING, transformers_config
from core.backend.model.shape import Shape
from core.backend.training.checkpoint import save_tensors
from core.errors import BadInputError

if TYPE_CHECKING:
    from torch import Tensor

_KEPT = re.compile(r"step-(\d{9,})")


def write_model(
    folder: Path,
    weights: Mapping[str, Tensor],
    shape: Shape,
    context: int,
    tokenizer: Path,
    end: tuple[str, int],
) -> None:
    """Write a folder as `transformers.AutoModelForCausalLM` and `AutoTokenizer` read it, in one step.

    µP's multipliers, for which transformers has no place, are folded in: the attention's into the query
    matrices, the output's into the last norm. The logits stay the same.

    Args:
        folder: The folder, replaced where it is.
        weights: Of one model, without a leading dimension.
        shape: The model's sizes.
        context: The longest text that it has seen, in tokens.
        tokenizer: The tokenizer's file, which is copied.
        end: The end mark and its number.
    """
    vocabulary = len(weights[EMBEDDING])
    with folder_aside(folder) as aside:
        save_tensors(aside / "model.safetensors", _folded(weights, shape), {})
        write_json(aside / "config.json", transformers_config(shape, vocabulary, context, end[1]))
        shutil.copyfile(tokenizer, aside / "tokenizer.json")
        names = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": end[0]}
        write_json(aside / "tokenizer_config.json", names)


def kept_model(step: int) -> str:
    """Return where in a run's folder the model of a step before the last is kept."""
    return f"checkpoints/step-{step:09d}"


def kept_steps(run: Path) -> list[int]:
    """Return the steps before the last whose models a run has kept, in order."""
    found = (_KEPT.fullmatch(path.name) for path in (run / "checkpoints").glob("step-*"))
    return sorted(int(match[1]) for match in found if match)


def _folded(weights: Mapping[str, Tensor], shape: Shape) -> dict[str, Tensor]:
    query = shape.attention_scale * shape.head_width**0.5
    scales = {"q_proj.weight": query, "model.norm.weight": shape.output_scale}
    found = {}
    for name, tensor in weights.items():
        scale = next((s for end, s in scales.items() if name.endswith(end)), 1.0)
        found[name] = tensor.detach() if scale == 1 else tensor.detach() * scale
    return found


def read_model(folder: Path) -> tuple[Shape, dict[str, Tensor]]:
    """Return a model's shape and its weights in fp32, on the CPU and without a leading dimension.

    Raises:
        BadInputError: The folder holds no Llama model in one safetensors file.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        facts = read_json(folder / "config.json")
        weights = load_file(folder / "model.safetensors")
        shape = Shape(
            width=facts["hidden_size"],
            layers=facts["num_hidden_layers"],
            heads=facts["num_attention_heads"],
            kv_heads=facts["num_key_value_heads"],
            hidden=facts["intermediate_size"],
            learning_rate=0.0,
            tied=facts["tie_word_embeddings"],
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        rule = "holds no Llama model (config.json and model.safetensors)"
        raise BadInputError(folder, rule, "name the folder `model` of a finished run") from None
    return shape, {name: tensor.to(torch.float32) for name, tensor in weights.items()}
