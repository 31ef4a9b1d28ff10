"""Every denial, login and change of rules, in one hash-chained trail."""
