"""A flake8 plugin that models each coroutine as its state machine and reports what stalls the event loop."""
