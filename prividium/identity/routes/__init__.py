"""REST of logins, sessions, wallets and profiles."""

from fastapi import APIRouter

from prividium.identity.routes import cli_login, login, profile, sessions, sign_out, wallets

router = APIRouter(prefix="/api")
for part in (login, cli_login, sign_out, sessions, wallets, profile):
    router.include_router(part.router)
