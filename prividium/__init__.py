"""An institution's private chain.

The way of the data, one package a step; imports only follow it:

    request → identity → permissions → rpc → ledger → batch → proof → gateway → disclosure

A request arrives at `rpc`, `identity` tells who is calling, `permissions` if they may, `ledger` executes and records,
`batch` seals blocks, `proof` has them proven, `gateway` anchors them on L1, and `disclosure` proves single facts to
auditors against the anchored root. `app` is the only module that wires the parts.
"""
