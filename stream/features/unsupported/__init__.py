"""Facts of an answer that nothing it was given has, kind by kind."""
