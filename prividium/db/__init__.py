"""Product data in SQL: engine, sessions at the edge, migrations.

Tables are declared in the package that owns them (`identity.models`, `permissions.models`, `audit.models`,
`ledger.models`) on the one `metadata.Base`.
"""
