"""Measurements: each prints ratios from one run, with something real beside it."""
