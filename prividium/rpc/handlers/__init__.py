"""The answers, one module a kind of method."""
