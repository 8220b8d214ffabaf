"""What `langchain_core` has to tell: `messages` and `answers` read it, `running` and `working` follow calls."""
