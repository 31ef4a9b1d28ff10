"""REST of administration: people, roles, contracts, rules and the audit trail."""

from fastapi import APIRouter

from prividium.permissions.routes import audit_logs, contract_permissions, contracts, event_permissions, roles, users

router = APIRouter(prefix="/api")
for part in (roles, users, contracts, contract_permissions, event_permissions, audit_logs):
    router.include_router(part.router)
