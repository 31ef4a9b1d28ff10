"""REST of logins, sessions, wallets and profiles."""

from fastapi import APIRouter

from prividium.identity.routes import (
    applications,
    authorize,
    cli_login,
    login,
    my_sessions,
    oauth,
    profile,
    sessions,
    sign_out,
    token_login,
    wallet_login,
    wallet_rpc,
    wallets,
    webauthn,
)

router = APIRouter(prefix="/api")
for part in (
    *(login, cli_login, token_login, wallet_login, sign_out, sessions, my_sessions),
    *(wallets, wallet_rpc, webauthn, profile, applications),
):
    router.include_router(part.router)
"""Under /api."""
root_routers = (oauth.router, authorize.router)
"""At the root."""
