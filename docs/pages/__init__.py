"""The pages of docs/reference, one module each: `page()` returns what it is made from, and its text."""
