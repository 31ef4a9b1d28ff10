"""The table of methods and the document that is written from it."""

from pathlib import Path

import pytest

from prividium.rpc.document import BEGIN, main, written
from prividium.rpc.forbidden import NAMESPACES
from prividium.rpc.methods import METHODS, WHO, Treatment, find_method

DOCUMENT = Path(__file__).parents[3] / "docs" / "rpc.md"

REFERENCE = (
    # Every method that Prividium's table names, whatever it does with it.
    "eth_blockNumber eth_chainId eth_gasPrice net_version web3_clientVersion eth_protocolVersion eth_syncing "
    "eth_coinbase eth_maxPriorityFeePerGas zks_getBridgehubContract zks_getL2ToL1LogProof zks_getGenesis "
    "eth_getBalance eth_getTransactionCount eth_getCode eth_call eth_estimateGas eth_sendRawTransaction eth_feeHistory "
    "eth_newFilter eth_newBlockFilter eth_getFilterChanges eth_getFilterLogs eth_uninstallFilter eth_getBlockByNumber "
    "eth_getBlockByHash eth_getBlockTransactionCountByNumber eth_getBlockTransactionCountByHash eth_getBlockReceipts "
    "eth_getTransactionByHash eth_getTransactionReceipt eth_getLogs eth_getStorageAt eth_getProof eth_subscribe "
    "eth_unsubscribe eth_createAccessList eth_callMany eth_simulateV1 eth_accounts eth_sign eth_signTransaction "
    "eth_signTypedData eth_sendTransaction eth_sendRawTransactionSync eth_getRawTransactionByHash "
    "eth_getTransactionByBlockNumberAndIndex eth_getTransactionByBlockHashAndIndex eth_getUncleByBlockHashAndIndex "
    "eth_getUncleByBlockNumberAndIndex eth_getUncleCountByBlockHash eth_getUncleCountByBlockNumber eth_getHeaderByHash "
    "eth_getHeaderByNumber eth_getAccount eth_getAccountInfo eth_blobBaseFee eth_newPendingTransactionFilter web3_sha3 "
    "zks_getBridgeContracts zks_getBytecodeSupplierContract zks_getBlockMetadataByNumber zks_getProof "
    "eth_sendUserOperation eth_estimateUserOperationGas eth_getUserOperationByHash eth_getUserOperationReceipt "
    "eth_supportedEntryPoints prividium_tokenSupplyDisclosure prividium_tokenBalanceDisclosure "
    "prividium_accountDataDisclosure prividium_storageDisclosureContract"
)


def test_the_document_holds_the_table_of_today() -> None:
    """If this fails: `python -m prividium.rpc.document`."""
    document = DOCUMENT.read_text()
    assert written(document) == document


def test_the_command_writes_the_document(tmp_path: Path) -> None:
    copy = tmp_path / "rpc.md"
    copy.write_text(DOCUMENT.read_text().replace("| `eth_chainId` |", "| `eth_forgotten` |"))
    assert main([str(copy)]) == 0
    assert copy.read_text() == DOCUMENT.read_text()


def test_a_document_without_its_marks_is_not_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "rpc.md"
    copy.write_text(DOCUMENT.read_text().replace(BEGIN, ""))
    with pytest.raises(ValueError, match="lacks the lines"):
        main([str(copy)])


def test_every_method_of_the_reference_has_a_row() -> None:
    assert not [name for name in REFERENCE.split() if name not in METHODS]


def test_every_row_says_what_who_and_why() -> None:
    for name, method in METHODS.items():
        assert method.sentence.endswith((".", ")")), name
        assert method.who == WHO[method.treatment]
        assert (method.run is None) == (method.treatment is Treatment.FORBIDDEN), name


@pytest.mark.parametrize("prefix", NAMESPACES)
def test_a_forbidden_namespace_is_forbidden_but_for_listed_methods(prefix: str) -> None:
    found = find_method(f"{prefix}unheardOf")
    assert found is not None
    assert found.treatment is Treatment.FORBIDDEN
    assert find_method(prefix.upper() + "x") is None
