"""How to train: a value that people write as YAML, checked before anything is read or built."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.backend._files import fingerprint
from core.backend.data.vocabulary import load_tokenizer, tokenizer_hash, vocabulary_size
from core.backend.model.shape import PRESETS, Preset, Shape
from core.errors import BadInputError
from core.types import Manifest

DEVICE = r"^(auto|cpu|cuda(:\d+)?)$"
# A run may go on elsewhere, save more often, and stand in a larger or smaller stack.
_WITHOUT_EFFECT = {
    "device", "checkpoint_every", "stack_most", "parallel", "accumulate", "compile", "spike", "spike_window"
}  # fmt: skip
# Settings that came later: unset, a run keeps the fingerprint that it had before them.
_LATER = {
    "schedule",
    "decay",
    "scaling",
    "tied",
    "documents_apart",
    "tokenizer",
    "end_token",
    "stored_as",
    "document_losses",
    "keep_every",
}


class Config(BaseModel):
    """The settings of one training run; what is left out follows from the manifest and the preset.

    A batch is `batch_size` windows of `context` tokens. `warmup` and the two shares are fractions
    of 1; `eval_every`, `checkpoint_every` and `keep_every` count steps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    preset: Preset = "nano"
    context: int = Field(default=256, ge=8, le=32_768)
    batch_size: int = Field(default=16, ge=1, le=65_536)
    tokens: int | None = Field(default=None, gt=0, description="to train on; else the manifest's budget")
    learning_rate: float | None = Field(default=None, gt=0, description="peak; else the preset's")
    warmup: float = Field(default=0.05, ge=0, le=1)
    weight_decay: float = Field(default=0.1, ge=0)
    schedule: Literal["cosine", "wsd"] = Field(
        default="cosine", description="cosine to a tenth, or warm-up, stable, then a linear decay to 0"
    )
    decay: float = Field(default=0.1, gt=0, le=1, description="share of training in which wsd decays")
    scaling: Literal["fixed", "mup"] = Field(
        default="fixed", description="mup: learning rates carry over from width to width"
    )
    tied: bool = Field(default=True, description="the embedding is the output head, too")
    documents_apart: bool = Field(default=False, description="no attention across documents in a window")
    accumulate: int = Field(default=1, ge=1, description="micro-batches of a step: less memory")
    spike: float | None = Field(
        default=None, gt=0, description="deviations above the last losses' mean at which to stop; else never"
    )
    spike_window: int = Field(default=64, ge=2, description="the last losses that a spike is measured by")
    clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    seed: int = Field(default=0, ge=0, lt=2**63)
    vocabulary: int = Field(default=8192, ge=257, le=2**20, description="BPE tokens, at most")
    tokenizer: str | None = Field(
        default=None, description="a tokenizer.json to use; else BPE is trained on the training text"
    )
    end_token: str | None = Field(
        default=None, description="that ends a document, where the tokenizer's file does not tell"
    )
    stored_as: Literal["auto", "uint16", "uint32"] = Field(
        default="auto", description="type of a token on disk"
    )
    tokenizer_bytes: int = Field(default=32_000_000, ge=1, description="text the tokenizer learns from")
    validation_share: float = Field(default=0.05, gt=0, lt=1, description="of each domain's documents")
    validation_documents: int = Field(default=200, ge=1, description="held out of a domain, at most")
    validation_tokens: int = Field(default=8192, ge=1, description="evaluated of a domain, at most")
    near_copies: bool = Field(
        default=True, description="keep near copies of validation texts out of training"
    )
    document_losses: bool = Field(
        default=False, description="keep every document's loss at every evaluation: a pass over all data"
    )
    mixture_block: int = Field(default=256, ge=1, description="windows within which the weights hold")
    eval_every: int | None = Field(default=None, ge=1, description="else twelve times a run")
    checkpoint_every: int | None = Field(default=None, ge=1, description="else ten times a run")
    keep_every: int | None = Field(
        default=None, ge=1, description="steps between models kept under checkpoints/; else the last alone"
    )
    compile: bool = Field(default=False, description="torch.compile, and a GPU's step as one CUDA graph")
    precision: Literal["auto", "fp32", "bf16"] = Field(default="auto", description="auto: bf16 on a GPU")
    stack_most: int | None = Field(default=None, ge=1, description="models together; else what memory holds")
    parallel: Literal["auto", "ddp", "fsdp"] = Field(
        default="auto",
        description="under torchrun: a whole model in each process, or a part of it; auto shares a stack's models out",
    )
    device: str = Field(default="auto", pattern=DEVICE)

    @field_validator("tokens", mode="before")
    @classmethod
    def _underscores(cls, value: object) -> object:
        return value.replace("_", "") if isinstance(value, str) else value

    @property
    def shape(self) -> Shape:
        """The sizes of the preset, and how they are scaled."""
        return replace(PRESETS[self.preset], tied=self.tied, mup=self.scaling == "mup")

    @property
    def batch_tokens(self) -> int:
        """The tokens of one step."""
        return self.batch_size * self.context

    @property
    def steps(self) -> int:
        """Whole batches within the tokens; a rest smaller than a batch is not trained on."""
        assert self.tokens is not None, "settled() comes first"
        return self.tokens // self.batch_tokens

    def rate(self, step: int) -> float:
        """Return the share of its peak that the learning rate of a step has, counted from 0.

        A linear warm-up, then a cosine down to a tenth; or, as MiniCPM (Hu et al. 2024, eq. 1), stable until
        the last share of `decay`, in which it falls, here linearly, to 0 after the last step.
        """
        warm = round(self.warmup * self.steps)
        if step < warm:
            return (step + 1) / warm
        if self.schedule == "wsd":
            return min(1.0, (self.steps - step) / max(1, round(self.decay * self.steps)))
        through = (step - warm) / max(1, self.steps - 1 - warm)
        return 0.55 + 0.45 * math.cos(math.pi * min(1.0, through))

    def settled(self, manifest: Manifest) -> Config:
        """Return the config with everything that was left out filled in.

        Raises:
            BadInputError: The budget is smaller than one batch, or a batch than its parts.
        """
        tokens = self.tokens or manifest.budget
        steps = tokens // self.batch_tokens
        if self.accumulate > self.batch_size:
            raise BadInputError(
                f"accumulate {self.accumulate}", f"is more than batch_size {self.batch_size}", "lower it"
            )
        rate = PRESETS["nano"].learning_rate if self.scaling == "mup" else self.shape.learning_rate
        if steps == 0:
            raise BadInputError(
                f"a budget of {tokens} tokens",
                f"is smaller than one batch of {self.batch_size} x {self.context} = {self.batch_tokens}",
                "raise tokens or lower batch_size or context",
            )
        vocabulary = self.vocabulary
        if self.tokenizer is not None:
            vocabulary = vocabulary_size(load_tokenizer(Path(self.tokenizer)))
        return self.model_copy(
            update={
                "tokens": tokens,
                "vocabulary": vocabulary,
                "learning_rate": self.learning_rate or rate,
                "eval_every": self.eval_every or max(1, round(steps / 12)),
                "checkpoint_every": self.checkpoint_every or max(1, round(steps / 10)),
            }
        )

    def fingerprint(self) -> str:
        """SHA-256 over all that has an effect on the losses."""
        unset = {name for name in _LATER if getattr(self, name) == type(self).model_fields[name].default}
        settings = self.model_dump(mode="json", exclude=_WITHOUT_EFFECT | unset)
        if self.tokenizer is not None:  # what it holds counts, not where it lies
            settings["tokenizer"] = tokenizer_hash(Path(self.tokenizer))
        return fingerprint(settings)


def parse_config(text: str, where: str) -> Config:
    """Read a config from YAML or JSON; `where` (a path, a page) is named in the error."""
    try:
        raw = yaml.safe_load(text) or {}
    except RecursionError:
        raise BadInputError(where, "not YAML (nested too deep)", "mend the file's syntax") from None
    except (yaml.YAMLError, ValueError) as error:  # a date that there is not is a ValueError
        raise BadInputError(where, f"not YAML ({error})", "mend the file's syntax") from None
    if not isinstance(raw, dict):
        raise BadInputError(where, "a training config is a map of keys", "write `key: value` lines")
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(Config.model_fields)
            raise BadInputError(f"{where}: {key}", "unknown key", f"known keys: {known}") from None
        value = f"{where}: {key} {first['input']!r:.80}"
        raise BadInputError(value, first["msg"], "mend it and run again") from None


def load_config(path: Path | None, device: str | None = None) -> Config:
    """Read a config from a YAML or JSON file; None is all defaults, and `device` goes before the file's.

    Raises:
        BadInputError: The file cannot be read, a key is unknown or a value is not allowed.
    """
    config = Config()
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadInputError(path, "no readable text file", "name a YAML file of settings") from None
        config = parse_config(text, str(path))
    if device is None:
        return config
    try:
        return Config.model_validate({**config.model_dump(), "device": device})
    except ValidationError:
        raise BadInputError(f"device {device}", "no such device", "give cpu, cuda, cuda:N or auto") from None
