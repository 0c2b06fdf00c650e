"""One file as text and tree, and the functions in it."""
