"""1 REQUEST: the JSON-RPC door: parse, identify, permit, call, answer."""
