"""The gate: the whole project at once, what may stay and what may not, and an exit code."""
