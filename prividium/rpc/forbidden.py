"""What nobody may call, and why."""

_SIGNING = "The node holds no keys of its users."
_RAW = "Signed bytes would show more than the transaction's form, which eth_getTransactionByHash answers."
_UNCLES = "There are no uncles."
_HEADERS = "eth_getBlockByNumber shows what of a header may be shown."
_ACCOUNT = "eth_getBalance, eth_getTransactionCount and eth_getCode answer it for one's own addresses."
_BUNDLER = "There is no bundler of ERC-4337 operations."
_BRIDGE = "There is no such contract on this chain."
_DISCLOSURE = "Disclosures are made under /api/disclosures, by those who may."

NAMES: dict[str, str] = {
    "eth_accountInfo": _ACCOUNT,
    "eth_blobBaseFee": "There are no blob transactions.",
    "eth_callMany": "eth_simulateV1 does it, judged.",
    "eth_createAccessList": "It would show which storage a call touches.",
    "eth_getAccount": _ACCOUNT,
    "eth_getAccountInfo": _ACCOUNT,
    "eth_getHeaderByHash": _HEADERS,
    "eth_getHeaderByNumber": _HEADERS,
    "eth_getRawTransactionByBlockHashAndIndex": _RAW,
    "eth_getRawTransactionByBlockNumberAndIndex": _RAW,
    "eth_getRawTransactionByHash": _RAW,
    "eth_getUncleByBlockHashAndIndex": _UNCLES,
    "eth_getUncleByBlockNumberAndIndex": _UNCLES,
    "eth_getUncleCountByBlockHash": _UNCLES,
    "eth_getUncleCountByBlockNumber": _UNCLES,
    "eth_newPendingTransactionFilter": "What waits is shown to its sender and recipient, by hash.",
    "eth_sendTransaction": _SIGNING,
    "eth_sign": _SIGNING,
    "eth_signTransaction": _SIGNING,
    "eth_signTypedData": _SIGNING,
    "eth_signTypedData_v4": _SIGNING,
    "eth_sendUserOperation": _BUNDLER,
    "eth_estimateUserOperationGas": _BUNDLER,
    "eth_getUserOperationByHash": _BUNDLER,
    "eth_getUserOperationReceipt": _BUNDLER,
    "eth_supportedEntryPoints": _BUNDLER,
    "zks_getBlockMetadataByNumber": _HEADERS,
    "zks_getBridgeContracts": _BRIDGE,
    "zks_getBridgehubContract": _BRIDGE,
    "zks_getBytecodeSupplierContract": _BRIDGE,
    "zks_getGenesis": "The genesis names accounts.",
    "zks_getL2ToL1LogProof": "There are no messages to L1.",
    "zks_getProof": "eth_getProof answers it for one's own addresses.",
    "prividium_accountDataDisclosure": _DISCLOSURE,
    "prividium_storageDisclosureContract": _DISCLOSURE,
    "prividium_tokenBalanceDisclosure": _DISCLOSURE,
    "prividium_tokenSupplyDisclosure": _DISCLOSURE,
}

NAMESPACES: dict[str, str] = {
    "admin_": "Administration of a node, not of a chain.",
    "debug_": "Everybody's executions; the two methods that show one's own are listed.",
    "miner_": "There are no miners.",
    "ots_": "Everybody's history.",
    "personal_": _SIGNING,
    "trace_": "Everybody's executions.",
    "txpool_": "What waits is shown to its sender and recipient, by hash.",
    "unstable_": "Internals of another node.",
    "zks_": "Internals of another chain.",
}
