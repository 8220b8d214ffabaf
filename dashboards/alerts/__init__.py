"""Alert rules as data, what judges them, and what tells people."""
