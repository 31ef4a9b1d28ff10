"""May they: rules, the policy table that they compile to, decisions, and what of the chain a caller sees."""
