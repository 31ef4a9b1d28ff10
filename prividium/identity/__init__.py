"""Who is calling: login at an identity provider, sessions, wallets."""
