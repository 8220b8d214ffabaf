"""Which template a prompt is made from, learned from the prompts of its series."""
