"""The loop that trains a stack, where it begins, its checkpoints, and what it costs."""
