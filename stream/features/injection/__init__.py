"""Orders to the model in prompts and documents."""
