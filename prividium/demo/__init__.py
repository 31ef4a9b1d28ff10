"""The main job, narrated: what `prividium demo` runs against a real node, a real proof and a real L1."""
