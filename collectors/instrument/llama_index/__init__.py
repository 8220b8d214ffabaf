"""What `llama_index.core` has to tell.

`messages` and `answers` read its objects, `calls` and `working` follow a call to its row, `streams` passes streams on.
"""
