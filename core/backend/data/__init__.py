"""What a run reads: a sealed manifest checked, held-out texts, the tokenizer, tokens on disk, their order."""
