"""The commands of the program `prividium`, one module each."""
