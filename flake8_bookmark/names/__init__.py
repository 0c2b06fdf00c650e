"""What a name in one file refers to: terms, scopes and the bindings that reach a use."""
