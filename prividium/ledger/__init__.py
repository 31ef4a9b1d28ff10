"""4 EXECUTE AND RECORD: one writer makes blocks; an SQL index answers questions about them."""
