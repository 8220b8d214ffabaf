"""What `libraries/litellm.py` reads LiteLLM's calls by."""
