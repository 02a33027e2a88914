"""The same run in several processes: rows of a batch, or parts of the weights, to each."""
