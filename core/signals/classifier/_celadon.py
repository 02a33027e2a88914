"""Celadon's network: a DeBERTa-v3 trunk whose first token goes through one linear head a dimension."""

from __future__ import annotations

import functools
from typing import Any

CLASSES = 4  # levels 0 to 3 of each dimension


@functools.cache
def network_class() -> Any:
    """Return the class, made once torch is loaded.

    Its tensors have the names under which the authors publish them (`deberta.…`, `heads.0.weight` to
    `heads.4.bias`), so that their file loads strictly. They have a dropout before the heads, which does
    nothing outside of training, and the logits are their own: (texts, dimensions, 4).
    """
    import torch
    from transformers import DebertaV2Model, DebertaV2PreTrainedModel
    from transformers.modeling_outputs import SequenceClassifierOutput

    class Celadon(DebertaV2PreTrainedModel):  # type: ignore[misc]  # transformers is untyped here
        def __init__(self, config: Any, num_heads: int = 5) -> None:
            super().__init__(config)
            self.deberta = DebertaV2Model(config)
            linear = torch.nn.Linear
            self.heads = torch.nn.ModuleList(linear(config.hidden_size, CLASSES) for _ in range(num_heads))
            self.post_init()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.deberta(input_ids=input_ids, attention_mask=attention_mask)[0]
            logits = torch.stack([head(states[:, 0]) for head in self.heads], dim=1)
            return SequenceClassifierOutput(logits=logits)

    return Celadon
