"""One screen each, named for what the analyst does there."""
