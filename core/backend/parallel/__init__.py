"""Training in several processes: rows of a batch, parts of the weights, or models of a stack, to each."""
