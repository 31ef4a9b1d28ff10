"""Slow, obvious twins of what the Rust core commits to; see `docs/protocol/commitments.md`."""
