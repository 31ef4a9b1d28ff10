"""What each JSON-RPC method answers to whom: the table that `test_rpc_matrix.py` walks, cell by cell.

A row is a method, or, behind a slash, one side of a method that has several. Its cells are the answers about four
objects, which `About` names, to seven callers. `everybody` is whoever is signed in; who is answered otherwise stands
behind it. Anonymous callers are told to sign in, unless the row says something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Outcome(Enum):
    ANSWERED = "what was asked for, whole"
    PLACE = "where a transaction lies and the log that an event rule opens; everything else is constant"
    BARE = "the block as everybody sees it, without a trace of what was done in it"
    EMPTY = "what is answered about something that does not exist: null, an empty list, zero, false"
    FORBIDDEN = "-32001, forbidden, and no more"
    NOT_OWN = "-32001, the sender is none of one's own wallets"
    METHOD_FORBIDDEN = "-32001, nobody may call the method"
    NO_METHOD = "-32601, there is no such method"
    NO_SOCKET = "-32601, the method needs a WebSocket"
    NO_FILTER = "-32000, there is no such filter"
    NO_TRANSACTION = "-32000, there is no such transaction"
    HAS_SESSION = "-32600, the connection has a session already"
    SIGN_IN = "-32090, sign in"


ANSWERED, PLACE, BARE, EMPTY = Outcome.ANSWERED, Outcome.PLACE, Outcome.BARE, Outcome.EMPTY
FORBIDDEN, NOT_OWN, METHOD_FORBIDDEN = Outcome.FORBIDDEN, Outcome.NOT_OWN, Outcome.METHOD_FORBIDDEN
NO_METHOD, NO_SOCKET, NO_FILTER = Outcome.NO_METHOD, Outcome.NO_SOCKET, Outcome.NO_FILTER
NO_TRANSACTION, HAS_SESSION, SIGN_IN = Outcome.NO_TRANSACTION, Outcome.HAS_SESSION, Outcome.SIGN_IN

SHOWN = frozenset({ANSWERED, PLACE})
"""Whoever gets anything else may not see the object, and must not learn whether there is one."""

CALLERS: Mapping[str, str] = {
    "anonymous": "nobody: asks as the user would, without a session",
    "user": "holds shares and the role of the fund's clients; the other is another such holder",
    "other user": "is signed in and has wallets, but no role and no part in the fund; the other is the user, as below",
    "role holder": "holds the role that rules of functions and of events name",
    "administrator": "holds `admin_read` and `admin_write`, and nothing that lets read the chain",
    "auditor": "holds `full_read_access` and `disclosure_read`",
    "machine": "an application with an API key and wallets, without roles",
}
ALIKE: Mapping[str, tuple[str, str]] = {
    "first administrator": ("auditor", "the role `admin`, as the node makes it, holds every permission"),
    "disclosure reader": ("other user", "`disclosure_read`, the demo's auditor, opens disclosures and nothing here"),
}
"""Further callers, who are answered as another column says, and why."""

OBJECTS = ("own", "other's", "public", "absent")
Cells: TypeAlias = tuple[Outcome, Outcome, Outcome, Outcome]


@dataclass(frozen=True)
class About:
    """What the four objects are. A log, a block or a transaction cannot be made public by a rule: there `public` is
    what somebody else did by a public function, and nothing more is seen of it than of anything else of theirs.
    """

    own: str
    others: str
    public: str
    absent: str


@dataclass(frozen=True)
class Row:
    about: About
    answers: Mapping[str, Cells]
    told: str = ""
    """Why somebody who may not see another's object learns that there is one, where that is so."""


def everybody(*cells: Outcome, anonymous: Outcome = SIGN_IN, **others: Cells) -> Mapping[str, Cells]:
    own, another, public, absent = cells
    answers = dict.fromkeys(CALLERS, (own, another, public, absent))
    answers["anonymous"] = (anonymous,) * 4
    return answers | {name.replace("_", " "): given for name, given in others.items()}


def same(outcome: Outcome, anonymous: Outcome = SIGN_IN) -> Mapping[str, Cells]:
    return everybody(*(outcome,) * 4, anonymous=anonymous)


NOTHING = About(*("no object: nothing in the answer is about anybody else",) * 4)
ADDRESS = About("a wallet", "a wallet", "a contract with public functions", "an address that nobody has")
READ = About(
    "balanceOf(own wallet), which a rule allows for one's own wallet or to the role holder",
    "balanceOf(another's wallet)",
    "decimals(), which a rule opens to everybody",
    "an address without code",
)
WRITE = About(
    "sign(own wallet), which a rule allows for one's own wallet or to the role holder",
    "sign(another's wallet)",
    "note(), which a rule opens to everybody",
    "an address without code",
)
UNREGISTERED = About("as above", "as above", "as above", "a contract that has no rules")
SENDER = About(
    "a public function, called from one's own wallet",
    "the same from another's wallet",
    "the same from the wallet of the contract's owner",
    "the same from a wallet that nobody linked",
)
TRANSACTION = About("sent by oneself", "sent by another", "another's call of a public function", "a hash of nothing")
WAITING = About("waits for a nonce", "another's that waits", "another's call of note() that waits", "a hash of nothing")
BLOCK = About("holds one's own transaction", "holds another's", "holds another's of note()", "was never made")
LOGS = About("of one's own transaction", "of another's", "of another's call of note()", "of an address without code")
FILTER = About("made by oneself", "made by another", "made by another, for a contract with public functions", "none")
SUBSCRIPTION = About("of this socket", "of another's socket", "of another's socket", "none")
TOKEN = About("one's own, as the first message", "another's, over one's own socket", "an empty one", "a made-up one")

BLOCKS_ARE_KNOWN = "number, hash and time of every block are everybody's; what others did in it is not there"
CODE_IS_TOLD = "a transfer to an address without code is allowed (docs/rpc.md, What is still told)"

PUBLIC = Row(NOTHING, same(ANSWERED, anonymous=ANSWERED))
SIGNED_IN = Row(NOTHING, same(ANSWERED))
OWN_ADDRESS = Row(
    ADDRESS,
    everybody(ANSWERED, FORBIDDEN, FORBIDDEN, FORBIDDEN, auditor=(ANSWERED, ANSWERED, ANSWERED, EMPTY)),
)
BY_RULES = everybody(ANSWERED, FORBIDDEN, ANSWERED, FORBIDDEN, role_holder=(ANSWERED, ANSWERED, ANSWERED, FORBIDDEN))
JUDGED_READ = Row(READ, BY_RULES)
JUDGED_WRITE = Row(
    WRITE,
    everybody(ANSWERED, FORBIDDEN, ANSWERED, ANSWERED, role_holder=(ANSWERED, ANSWERED, ANSWERED, ANSWERED)),
    CODE_IS_TOLD,
)
WITHOUT_RULES = Row(UNREGISTERED, BY_RULES)
OWN_SENDER = Row(SENDER, everybody(ANSWERED, NOT_OWN, NOT_OWN, NOT_OWN))
FILTERED = Row(
    TRANSACTION,
    everybody(
        *(ANSWERED, EMPTY, EMPTY, EMPTY),
        role_holder=(ANSWERED, PLACE, PLACE, EMPTY),
        auditor=(ANSWERED, ANSWERED, ANSWERED, EMPTY),
    ),
)
FILTERED_BLOCK = Row(
    BLOCK,
    everybody(
        *(ANSWERED, BARE, BARE, EMPTY),
        role_holder=(ANSWERED, PLACE, PLACE, EMPTY),
        auditor=(ANSWERED, ANSWERED, ANSWERED, EMPTY),
    ),
    BLOCKS_ARE_KNOWN,
)
FILTERED_LOGS = Row(
    LOGS,
    everybody(
        *(ANSWERED, EMPTY, EMPTY, EMPTY),
        role_holder=(ANSWERED, ANSWERED, ANSWERED, EMPTY),
        auditor=(ANSWERED, ANSWERED, ANSWERED, EMPTY),
    ),
)
TRACED = Row(
    TRANSACTION,
    everybody(
        *(ANSWERED, NO_TRANSACTION, NO_TRANSACTION, NO_TRANSACTION),
        auditor=(ANSWERED, ANSWERED, ANSWERED, NO_TRANSACTION),
    ),
)
PERSONAL = Row(FILTER, everybody(ANSWERED, NO_FILTER, NO_FILTER, NO_FILTER))
REMOVED_BY_ITS_OWNER = everybody(ANSWERED, EMPTY, EMPTY, EMPTY)
OVER_HTTP = Row(NOTHING, same(NO_SOCKET))
NOBODY_MAY = Row(ADDRESS, same(METHOD_FORBIDDEN))
NOBODY_KNOWS = Row(ADDRESS, same(NO_METHOD))

MATRIX: Mapping[str, Row] = {
    "eth_chainId": PUBLIC,
    "net_version": PUBLIC,
    "web3_clientVersion": PUBLIC,
    "eth_gasPrice": PUBLIC,
    "eth_blockNumber": SIGNED_IN,
    "eth_maxPriorityFeePerGas": SIGNED_IN,
    "eth_feeHistory": SIGNED_IN,
    "eth_syncing": SIGNED_IN,
    "eth_coinbase": SIGNED_IN,
    "eth_protocolVersion": SIGNED_IN,
    "eth_accounts": SIGNED_IN,
    "web3_sha3": SIGNED_IN,
    "eth_getBalance": OWN_ADDRESS,
    "eth_getTransactionCount": OWN_ADDRESS,
    "eth_getCode": OWN_ADDRESS,
    "eth_getStorageAt": OWN_ADDRESS,
    "eth_getProof": OWN_ADDRESS,
    "eth_call": JUDGED_READ,
    "eth_call/unregistered": WITHOUT_RULES,
    "eth_call/from": OWN_SENDER,
    "debug_traceCall": JUDGED_READ,
    "debug_traceCall/unregistered": WITHOUT_RULES,
    "debug_traceCall/from": OWN_SENDER,
    "eth_estimateGas": JUDGED_WRITE,
    "eth_estimateGas/unregistered": WITHOUT_RULES,
    "eth_estimateGas/from": OWN_SENDER,
    "eth_simulateV1": JUDGED_WRITE,
    "eth_simulateV1/reads": Row(READ, JUDGED_WRITE.answers, CODE_IS_TOLD),
    "eth_simulateV1/unregistered": WITHOUT_RULES,
    "eth_simulateV1/from": OWN_SENDER,
    "eth_sendRawTransaction": JUDGED_WRITE,
    "eth_sendRawTransaction/unregistered": WITHOUT_RULES,
    "eth_sendRawTransaction/from": OWN_SENDER,
    "eth_sendRawTransactionSync": JUDGED_WRITE,
    "eth_sendRawTransactionSync/unregistered": WITHOUT_RULES,
    "eth_sendRawTransactionSync/from": OWN_SENDER,
    "debug_traceTransaction": TRACED,
    "eth_getTransactionByHash": FILTERED,
    "eth_getTransactionByHash/waiting": Row(
        WAITING,
        everybody(ANSWERED, EMPTY, EMPTY, EMPTY, auditor=(ANSWERED, ANSWERED, ANSWERED, EMPTY)),
    ),
    "eth_getTransactionByBlockNumberAndIndex": FILTERED,
    "eth_getTransactionByBlockHashAndIndex": FILTERED,
    "eth_getTransactionReceipt": FILTERED,
    "eth_getTransactionReceipt/waiting": Row(WAITING, same(EMPTY)),
    "eth_getBlockReceipts": FILTERED_BLOCK,
    "eth_getBlockByNumber": FILTERED_BLOCK,
    "eth_getBlockByHash": FILTERED_BLOCK,
    "eth_getBlockTransactionCountByNumber": FILTERED_BLOCK,
    "eth_getBlockTransactionCountByHash": FILTERED_BLOCK,
    "eth_getLogs": FILTERED_LOGS,
    "eth_getLogs/pages": FILTERED_LOGS,
    "eth_newFilter": Row(LOGS, same(ANSWERED)),  # to make one shows nothing: what it shows is decided when it is asked
    "eth_newBlockFilter": SIGNED_IN,
    "eth_getFilterChanges": PERSONAL,
    "eth_getFilterChanges/contents": FILTERED_LOGS,
    "eth_getFilterLogs": PERSONAL,
    "eth_getFilterLogs/contents": FILTERED_LOGS,
    "eth_uninstallFilter": Row(FILTER, REMOVED_BY_ITS_OWNER),
    "eth_subscribe": FILTERED_LOGS,
    "eth_subscribe/heads": Row(
        BLOCK,
        everybody(BARE, BARE, BARE, EMPTY, auditor=(ANSWERED, ANSWERED, ANSWERED, EMPTY)),
        BLOCKS_ARE_KNOWN,
    ),
    "eth_subscribe/http": OVER_HTTP,
    "eth_unsubscribe": Row(SUBSCRIPTION, REMOVED_BY_ITS_OWNER),
    "eth_unsubscribe/http": OVER_HTTP,
    "prividium_authenticate": Row(
        TOKEN,
        everybody(ANSWERED, HAS_SESSION, SIGN_IN, SIGN_IN),
        "whoever has a socket with a session knows that it has one; the token is not looked at",
    ),
    "prividium_authenticate/http": OVER_HTTP,
    "eth_accountInfo": NOBODY_MAY,
    "eth_blobBaseFee": NOBODY_MAY,
    "eth_callMany": NOBODY_MAY,
    "eth_createAccessList": NOBODY_MAY,
    "eth_getAccount": NOBODY_MAY,
    "eth_getAccountInfo": NOBODY_MAY,
    "eth_getHeaderByHash": NOBODY_MAY,
    "eth_getHeaderByNumber": NOBODY_MAY,
    "eth_getRawTransactionByBlockHashAndIndex": NOBODY_MAY,
    "eth_getRawTransactionByBlockNumberAndIndex": NOBODY_MAY,
    "eth_getRawTransactionByHash": NOBODY_MAY,
    "eth_getUncleByBlockHashAndIndex": NOBODY_MAY,
    "eth_getUncleByBlockNumberAndIndex": NOBODY_MAY,
    "eth_getUncleCountByBlockHash": NOBODY_MAY,
    "eth_getUncleCountByBlockNumber": NOBODY_MAY,
    "eth_newPendingTransactionFilter": NOBODY_MAY,
    "eth_sendTransaction": NOBODY_MAY,
    "eth_sign": NOBODY_MAY,
    "eth_signTransaction": NOBODY_MAY,
    "eth_signTypedData": NOBODY_MAY,
    "eth_signTypedData_v4": NOBODY_MAY,
    "eth_sendUserOperation": NOBODY_MAY,
    "eth_estimateUserOperationGas": NOBODY_MAY,
    "eth_getUserOperationByHash": NOBODY_MAY,
    "eth_getUserOperationReceipt": NOBODY_MAY,
    "eth_supportedEntryPoints": NOBODY_MAY,
    "zks_getBlockMetadataByNumber": NOBODY_MAY,
    "zks_getBridgeContracts": NOBODY_MAY,
    "zks_getBridgehubContract": NOBODY_MAY,
    "zks_getBytecodeSupplierContract": NOBODY_MAY,
    "zks_getGenesis": NOBODY_MAY,
    "zks_getL2ToL1LogProof": NOBODY_MAY,
    "zks_getProof": NOBODY_MAY,
    "prividium_accountDataDisclosure": NOBODY_MAY,
    "prividium_storageDisclosureContract": NOBODY_MAY,
    "prividium_tokenBalanceDisclosure": NOBODY_MAY,
    "prividium_tokenSupplyDisclosure": NOBODY_MAY,
    "debug_unheardOf": NOBODY_MAY,
    "eth_unheardOf": NOBODY_KNOWS,
}
OF_NOBODY = frozenset({"debug_unheardOf", "eth_unheardOf"})
"""Names that no method has: one in a namespace that is forbidden whole, and one in a namespace that is not."""


def method_of(row: str) -> str:
    return row.partition("/")[0]
