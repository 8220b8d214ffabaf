"""What became of the retrieved documents: how well they fit the question, and how much of them the answer used."""
