"""How sure the model was, by the log-probabilities of its tokens."""
