"""The running node: its data folder, its parts and their life."""
