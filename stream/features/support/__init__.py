"""Which words and numbers of an answer are in what the call was given."""
