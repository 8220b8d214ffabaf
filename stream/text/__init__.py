"""Texts as arrays: their words, sentences, stems and hashes, found once per batch and shared by every signal."""
