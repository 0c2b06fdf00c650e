"""Many functions at once: what a name is an instance of, which function a call runs, and what that does in the end."""
