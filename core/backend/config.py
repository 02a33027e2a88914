"""How to train: a value that people write as YAML, checked before anything is read or built."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.backend._files import fingerprint
from core.backend.shape import PRESETS, Preset, Shape
from core.errors import BadInputError
from core.types import Manifest

_WITHOUT_EFFECT = {"device", "checkpoint_every"}  # a run may go on elsewhere, and save more often


class Config(BaseModel):
    """The settings of one training run; what is left out follows from the manifest and the preset.

    A batch is `batch_size` windows of `context` tokens. `warmup` and the two shares are fractions
    of 1; `eval_every` and `checkpoint_every` count steps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    preset: Preset = "nano"
    context: int = Field(default=256, ge=8, le=32_768)
    batch_size: int = Field(default=16, ge=1, le=65_536)
    tokens: int | None = Field(default=None, gt=0, description="to train on; else the manifest's budget")
    learning_rate: float | None = Field(default=None, gt=0, description="peak; else the preset's")
    warmup: float = Field(default=0.05, ge=0, le=1)
    weight_decay: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    seed: int = Field(default=0, ge=0, lt=2**63)
    vocabulary: int = Field(default=4096, ge=257, le=2**20, description="BPE tokens, at most")
    tokenizer_bytes: int = Field(default=32_000_000, ge=1, description="text the tokenizer learns from")
    validation_share: float = Field(default=0.05, gt=0, lt=1, description="of each domain's documents")
    validation_documents: int = Field(default=200, ge=1, description="held out of a domain, at most")
    validation_tokens: int = Field(default=8192, ge=1, description="evaluated of a domain, at most")
    mixture_block: int = Field(default=256, ge=1, description="windows within which the weights hold")
    eval_every: int | None = Field(default=None, ge=1, description="else twelve times a run")
    checkpoint_every: int | None = Field(default=None, ge=1, description="else ten times a run")
    precision: Literal["auto", "fp32", "bf16"] = Field(default="auto", description="auto: bf16 on a GPU")
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")

    @field_validator("tokens", mode="before")
    @classmethod
    def _underscores(cls, value: object) -> object:
        return value.replace("_", "") if isinstance(value, str) else value

    @property
    def shape(self) -> Shape:
        """The sizes of the preset."""
        return PRESETS[self.preset]

    @property
    def batch_tokens(self) -> int:
        """The tokens of one step."""
        return self.batch_size * self.context

    @property
    def steps(self) -> int:
        """Whole batches within the tokens; a rest smaller than a batch is not trained on."""
        assert self.tokens is not None, "settled() comes first"
        return self.tokens // self.batch_tokens

    def settled(self, manifest: Manifest) -> Config:
        """Return the config with everything that was left out filled in.

        Raises:
            BadInputError: The budget is smaller than one batch.
        """
        tokens = self.tokens or manifest.budget
        steps = tokens // self.batch_tokens
        if steps == 0:
            raise BadInputError(
                f"a budget of {tokens} tokens",
                f"is smaller than one batch of {self.batch_size} x {self.context} = {self.batch_tokens}",
                "raise tokens or lower batch_size or context",
            )
        return self.model_copy(
            update={
                "tokens": tokens,
                "learning_rate": self.learning_rate or self.shape.learning_rate,
                "eval_every": self.eval_every or max(1, round(steps / 12)),
                "checkpoint_every": self.checkpoint_every or max(1, round(steps / 10)),
            }
        )

    def fingerprint(self) -> str:
        """SHA-256 over all that has an effect on the losses."""
        return fingerprint(self.model_dump(mode="json", exclude=_WITHOUT_EFFECT))


def parse_config(text: str, where: str) -> Config:
    """Read a config from YAML or JSON; `where` (a path, a page) is named in the error."""
    try:
        raw = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
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
        raise BadInputError(f"{where}: {key}", first["msg"], "mend it and run again") from None


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
