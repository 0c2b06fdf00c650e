"""Control and data flow of one function; knows Python, and nothing of any event loop."""
