"""Each configuration parsed against the schema that its trainer publishes: no key, type or rule of our own making.

The schemas are written here after the trainers' own classes and reference pages, which each docstring names; those
that install beside one another parse the same files in `tests/bench/bench_readers.py`.
"""

import json
import math
from itertools import pairwise
from typing import Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from core.exporters import EXPORTERS

STAGES = [{"until": 0.75}, {"until": 1.0, "weights": {"maths": 0.8, "Books": 0.2}}]


class Strict(BaseModel):
    """A map that knows all its keys, and turns no text into a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NanosetDatasetsArgs(Strict):
    """nanotron, src/nanotron/config/config.py, `NanosetDatasetsArgs`."""

    dataset_folder: str | list[str]
    dataset_weights: list[float] | None = None
    tokenizer_name: str | None = None
    vocab_size: int | None = None
    token_size_in_bytes: int | None = None

    @model_validator(mode="after")
    def _a_weight_a_folder(self):
        assert len(self.dataset_weights) == len(self.dataset_folder)
        return self


class DataArgs(Strict):
    """The same file, `DataArgs`."""

    dataset: NanosetDatasetsArgs
    seed: int | None
    num_loading_workers: int | None = 1


class DatasetStageArgs(Strict):
    """The same file, `DatasetStageArgs`: a stage starts at step 1 or later."""

    name: str
    start_training_step: int = Field(ge=1)
    data: DataArgs


class Tokens(Strict):
    """The same file, `TokensArgs`; the other two keys are the devices'."""

    sequence_length: int
    train_steps: int


class Nanotron(Strict):
    """The same file, `Config.__post_init__`: names differ, the first stage starts at 1, and starts rise."""

    data_stages: list[DatasetStageArgs]
    tokens: Tokens

    @model_validator(mode="after")
    def _stages_follow(self):
        starts = [stage.start_training_step for stage in self.data_stages]
        assert 1 == starts[0]
        assert all(a < b for a, b in pairwise([*starts, self.tokens.train_steps]))
        assert len({stage.name for stage in self.data_stages}) == len(starts)
        return self


class UrlDatasetSourceConfig(Strict):
    """Levanter 1.2, levanter/data/text.py, `UrlDatasetSourceConfig`."""

    train_urls: list[str] = Field(min_length=1)


class LMMixtureDatasetConfig(Strict):
    """The same file, `LMMixtureDatasetConfig`: weights name entries of `configs`, blocks are below 2^16."""

    tokenizer: str
    cache_dir: str | None
    shuffle: bool | int
    configs: dict[str, UrlDatasetSourceConfig] = Field(min_length=1)
    train_weights: dict[str, float] | list[tuple[int, dict[str, float]]]
    stop_strategy: Literal["restart"]
    mixture_block_size: int = Field(lt=1 << 16)

    @model_validator(mode="after")
    def _weights_are_known(self):
        stages = self.train_weights if isinstance(self.train_weights, list) else [(0, self.train_weights)]
        assert 0 == stages[0][0]
        assert all(set(weights) <= set(self.configs) for _, weights in stages)
        return self


class LevanterTrainer(Strict):
    """Levanter, levanter/trainer.py, three keys of `TrainerConfig`."""

    train_batch_size: int
    num_train_steps: int
    seed: int


class Levanter(Strict):
    """Levanter, levanter/main/train_lm.py, three keys of `TrainLmConfig`; stages begin between two blocks."""

    data: LMMixtureDatasetConfig
    train_seq_len: int
    trainer: LevanterTrainer

    @model_validator(mode="after")
    def _stages_begin_with_a_block(self):
        stages = self.data.train_weights
        for start, _ in stages if isinstance(stages, list) else []:
            assert 0 == start * self.trainer.train_batch_size % self.data.mixture_block_size
        return self


class StreamConfig(Strict):
    """MosaicML Streaming, streaming/base/stream.py: a proportion, and then neither `repeat` nor `choose`."""

    local: str
    proportion: float = Field(gt=0)


class Streams(Strict):
    """llm-foundry, llmfoundry/data/text_data.py, `StreamingTextDataset`; a later stage gives what it changes."""

    streams: dict[str, StreamConfig] = Field(min_length=1)
    epoch_size: int = Field(gt=0)
    max_seq_len: int | None = None
    shuffle: bool | None = None
    shuffle_seed: int | None = None
    eos_token_id: int | None = None


class Datamix(Strict):
    """llm-foundry, llmfoundry/callbacks/curriculum_learning_callback.py: tokens or epochs, above 0."""

    duration: str = Field(pattern=r"^[1-9]\d*tok$")
    dataset: Streams


class Curriculum(Strict):
    """The same file: the first data mix is the loader's own, and one more at least follows."""

    duration: str = Field(pattern=r"^[1-9]\d*tok$")
    schedule: list[Datamix] = Field(min_length=1)


class Callbacks(Strict):
    """llm-foundry's registry of callbacks."""

    curriculum_learning: Curriculum


class Loader(Strict):
    """llm-foundry, `train_loader`."""

    name: Literal["text"]
    dataset: Streams
    drop_last: bool
    num_workers: int


class TokenizerConfig(Strict):
    """llm-foundry, `tokenizer`."""

    name: str
    kwargs: dict[str, int]


class Foundry(Strict):
    """llm-foundry, `TrainConfig`: a schedule's durations have the unit of `max_duration` and sum to it."""

    max_seq_len: int
    tokenizer: TokenizerConfig
    train_loader: Loader
    max_duration: str
    callbacks: Callbacks | None = None

    @model_validator(mode="after")
    def _durations_sum(self):
        if self.callbacks is not None:
            found = self.callbacks.curriculum_learning
            long = [found.duration, *(one.duration for one in found.schedule)]
            assert f"{sum(int(one.removesuffix('tok')) for one in long)}tok" == self.max_duration
        return self


class SFTDataset(Strict):
    """axolotl, src/axolotl/utils/schemas/datasets.py, `SFTDataset`."""

    path: str
    ds_type: Literal["json"]
    type: Literal["completion"]
    field: str


class Axolotl(Strict):
    """axolotl, src/axolotl/utils/schemas/config.py, the data's keys of `AxolotlInputConfig`."""

    datasets: list[SFTDataset] = Field(min_length=1)
    shuffle_merged_datasets: bool
    sequence_len: int
    sample_packing: bool
    num_epochs: float = Field(strict=False)
    seed: int


class LocalDataset(Strict):
    """Data-Juicer, data_juicer/config/config_all.yaml, an entry of `dataset.configs`."""

    type: Literal["local"]
    path: str
    weight: float


class DataJuicerDataset(Strict):
    """data_juicer/core/data/dataset_builder.py: `max_sample_num` is a positive integer."""

    max_sample_num: int = Field(gt=0)
    configs: list[LocalDataset] = Field(min_length=1)


class DataJuicer(Strict):
    """data_juicer/config/config_all.yaml; suffixes of `export_path` are jsonl, json and parquet."""

    project_name: str
    dataset: DataJuicerDataset
    text_keys: str
    export_path: str = Field(pattern=r"\.(jsonl|json|parquet)$")
    process: list[dict[str, object]]


class RegMix(Strict):
    """RegMix, mixture_config/config_1b/human.yaml: weights by the beginnings of files' names, and the model."""

    train: dict[str, float]
    valid: dict[str, float]
    model_name: str


class SourceMixtureConfig(Strict):
    """OLMo-core, olmo_core/data/source_mixture.py, `SourceMixtureConfig.validate`."""

    source_name: str
    target_ratio: float = Field(gt=0, le=1)
    paths: list[str] = Field(min_length=1)
    max_repetition_ratio: float = Field(ge=1)
    max_source_fraction: float = Field(gt=0, le=1)


class SourceMixtureList(Strict):
    """The same file: the ratios sum to 1."""

    sources: list[SourceMixtureConfig] = Field(min_length=1)

    @model_validator(mode="after")
    def _ratios_sum(self):
        assert math.isclose(1, sum(source.target_ratio for source in self.sources), abs_tol=1e-8)
        return self


class SourceMixtureDatasetConfig(Strict):
    """The same file, `SourceMixtureDatasetConfig`."""

    source_list: SourceMixtureList
    requested_tokens: int = Field(gt=0)
    global_batch_size: int
    seed: int


class OlmoTokenizer(Strict):
    """OLMo-core, olmo_core/data/tokenizer.py, `TokenizerConfig`."""

    identifier: str
    vocab_size: int
    eos_token_id: int
    pad_token_id: int


class Olmo(Strict):
    """OLMo-core, olmo_core/data/numpy_dataset.py, four keys of `NumpyFSLDatasetConfig`."""

    sequence_length: int
    tokenizer: OlmoTokenizer
    dtype: Literal["uint8", "uint16", "uint32", "uint64"]
    source_mixture_config: SourceMixtureDatasetConfig


class MaxTextConfig(Strict):
    """MaxText, src/MaxText/configs/types.py, `GrainDataset` and the data's keys of `DatasetGeneral`."""

    dataset_type: Literal["grain"]
    grain_file_type: Literal["arrayrecord"]
    grain_train_mixture_config_path: str
    train_data_columns: list[str]
    tokenize_train_data: bool
    use_truncation: bool
    enable_data_shuffling: bool
    data_shuffle_seed: int
    num_epoch: int = Field(gt=0)


class GrainPart(Strict):
    """MaxText, docs/guides/data_input_pipeline/data_input_grain.md: an entry of the mixture's JSON."""

    path: str
    weight: float


class NeMoData(Strict):
    """NeMo, examples/nlp/language_modeling/conf/megatron_gpt_config.yaml, `model.data`: weight, prefix, in turn."""

    data_impl: Literal["mmap"]
    splits_string: str
    seq_length: int
    eod_mask_loss: bool
    data_prefix: list[float | str]

    @model_validator(mode="after")
    def _in_turn(self):
        kinds = [type(one) for one in self.data_prefix]
        assert kinds == [float, str] * (len(kinds) // 2)
        return self


class NeMoTokenizer(Strict):
    """The same file, `model.tokenizer`."""

    library: Literal["huggingface"]
    type: str


class NeMoModel(Strict):
    """The same file, `model`."""

    data: NeMoData
    tokenizer: NeMoTokenizer
    seed: int


class NeMo(Strict):
    """The same file."""

    model: NeMoModel


class TitanSource(Strict):
    """torchtitan 0.3, torchtitan/hf_datasets/text_datasets.py, `HFDataSource`, by what our module hands over."""

    path: str
    weight: float = Field(gt=0)


class Titan(Strict):
    """The same file, `InterleavedHuggingFaceTextDataLoader.Config`: one source at least."""

    seed: int
    sources: dict[str, TitanSource] = Field(min_length=1)


SCHEMAS = {
    "nanotron": ("nanotron.yaml", Nanotron),
    "levanter": ("levanter.yaml", Levanter),
    "mosaic": ("llm_foundry.yaml", Foundry),
    "axolotl": ("axolotl.yaml", Axolotl),
    "data_juicer": ("data_juicer.yaml", DataJuicer),
    "regmix": ("regmix.yaml", RegMix),
    "olmo_core": ("olmo_core.yaml", Olmo),
    "maxtext": ("maxtext.yml", MaxTextConfig),
    "nemo": ("nemo.yaml", NeMo),
    "torchtitan": ("torchtitan.yaml", Titan),
}


CASES = [(kind, ()) for kind in SCHEMAS] + [(kind, STAGES) for kind in SCHEMAS if EXPORTERS[kind].stages]


@pytest.mark.parametrize(("kind", "stages"), CASES)
def test_a_configuration_is_what_its_trainer_reads(trained_on, kind, stages):
    """Every key, type and rule; with stages, where the trainer has them."""
    settings = [
        key
        for key in ("sequence_length", "batch_size", "block_size")
        if key in EXPORTERS[kind].__dataclass_fields__
    ]
    folder, _ = trained_on(kind, tuple(settings), **({"stages": stages} if stages else {}))
    name, schema = SCHEMAS[kind]
    value = json.loads(json.dumps(yaml.safe_load((folder / name).read_text(encoding="utf-8"))))

    assert schema.model_validate_json(json.dumps(value))


def test_maxtexts_mixture_is_what_it_reads(trained_on):
    """Names to a path and a weight."""
    folder, _ = trained_on("maxtext")
    found = TypeAdapter(dict[str, GrainPart]).validate_json((folder / "grain_mixture.json").read_bytes())

    assert 3 == len(found)


def test_every_configuration_has_a_schema():
    """But those whose configuration is our own lines (LitData, Hugging Face) or Megatron's arguments."""
    others = {"jsonl", "parquet", "huggingface", "litdata", "megatron"}

    assert set(EXPORTERS) - others == set(SCHEMAS)
