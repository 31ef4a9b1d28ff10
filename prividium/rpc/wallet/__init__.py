"""JSON-RPC for wallets that cannot send headers: the credential is in the address, so next to nothing is open.

What a wallet may send is announced first, by the person or an application of theirs, with a session
(`POST /api/wallet/transaction-authorization`).
"""
