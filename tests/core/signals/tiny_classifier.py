"""Text-classification models of a few kilobytes with random weights, saved as the real ones are."""

import json
from pathlib import Path

from tests.core.tiny_model import make_tiny_model

CELADON_KEYS = [f"heads.{i}.{part}" for i in range(5) for part in ("weight", "bias")]


def make_tokenizer(folder: Path) -> int:
    """Write the tiny model's tokenizer, and return how many tokens it knows."""
    made = make_tiny_model(folder / "parts")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((made / name).read_bytes())
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings |= {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"])


def make_classifier(folder: Path, labels=("toxic", "insult", "threat"), seed=0, **config) -> Path:
    """Write a two-layer BERT that classifies, weights large enough for its outputs to differ."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    made = BertForSequenceClassification(
        BertConfig(
            vocab_size=make_tokenizer(folder),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.5,
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
            **config,
        )
    )
    made.save_pretrained(folder)
    return folder


def make_celadon(folder: Path, seed=0, **config) -> Path:
    """Write a two-layer DeBERTa-v2 with the settings of DeBERTa-v3's, and five heads of four classes.

    Its tensors' names are those of the class that Celadon's authors publish: `self.deberta` and a list
    `self.heads` of linear layers.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import DebertaV2Config, DebertaV2Model

    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    settings = DebertaV2Config(
        vocab_size=make_tokenizer(folder),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        position_buckets=16,
        relative_attention=True,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        position_biased_input=False,
        type_vocab_size=0,
        initializer_range=0.5,
        architectures=["MultiHeadDebertaForSequenceClassification"],
        **config,
    )
    settings.save_pretrained(folder)
    trunk = DebertaV2Model(settings).state_dict()
    heads = {key: torch.randn(4, 32) if key.endswith("weight") else torch.randn(4) for key in CELADON_KEYS}
    save_file(
        {**{f"deberta.{key}": values.contiguous() for key, values in trunk.items()}, **heads},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    return folder
