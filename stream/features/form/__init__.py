"""What an answer is like, whatever it says: refusals, hedges, loops, language, whether its JSON and code are sound."""
