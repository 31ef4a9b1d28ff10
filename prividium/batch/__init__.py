"""5 SEAL: when blocks become a batch, and what a batch says to the outside."""
