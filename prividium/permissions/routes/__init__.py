"""REST of administration: people, machines, roles, contracts, rules and the audit trail."""

from fastapi import APIRouter

from prividium.permissions.routes import (
    admin_passkeys,
    admin_sessions,
    applications,
    audit_logs,
    callable_contracts,
    contract_permissions,
    contracts,
    event_permissions,
    explain,
    four_eyes,
    machine_keys,
    machines,
    my_event_rules,
    proposals,
    roles,
    template_permissions,
    templates,
    users,
)

router = APIRouter(prefix="/api")
for part in (
    *(roles, users, contracts, contract_permissions, event_permissions, audit_logs),
    *(machines, machine_keys, admin_sessions, admin_passkeys, applications),
    *(callable_contracts, my_event_rules, templates, template_permissions, explain, four_eyes, proposals),
):
    router.include_router(part.router)
