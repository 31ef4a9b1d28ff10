"""The final proof once more, slow and obvious, from docs/protocol/proof.md alone: the oracle for the contracts."""
