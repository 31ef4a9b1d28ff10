"""One file a statement: how it is obtained inside the walls, and how it is checked outside."""
