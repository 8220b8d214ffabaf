"""The embeddings that apps send: whether they are sound, and whether their space has moved."""
