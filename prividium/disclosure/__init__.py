"""Single facts that verify against the root on L1, whatever the operator says (`docs/protocol/disclosure.md`)."""
