"""Alert rules, the evaluator that judges them, and the ways their word gets out."""
