// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Canonical} from "./Canonical.sol";
import {CodeStore} from "./CodeStore.sol";
import {baseInverse, decodeExt, encodeExt, EVEN, Ext, P, rootOfUnity} from "./ExtField.sol";
import {Fold} from "./Fold.sol";
import {KeyCheck} from "./KeyCheck.sol";
import {LinearForm} from "./LinearForm.sol";
import {LinearFormCode, Run} from "./LinearFormCode.sol";
import {MerkleCap} from "./MerkleCap.sol";
import {Replay} from "./Replay.sol";
import {Transcript, TranscriptSteps} from "./Transcript.sol";

/// @notice The verifier's kernels one by one, for tests; elements go in and out in their 16 bytes.
contract Kernels {
    using TranscriptSteps for Transcript;

    function add(bytes16 a, bytes16 b) external pure returns (bytes16) {
        return _out(_in(a) + _in(b));
    }

    function sub(bytes16 a, bytes16 b) external pure returns (bytes16) {
        return _out(_in(a) - _in(b));
    }

    function mul(bytes16 a, bytes16 b) external pure returns (bytes16) {
        return _out(_in(a) * _in(b));
    }

    /// @dev With lanes as they are given, up to 2⁶¹ − 1.
    function mulLanes(uint256 a, uint256 b) external pure returns (bytes16) {
        return _out(Ext.wrap(a) * Ext.wrap(b));
    }

    function scale(bytes16 a, uint256 s) external pure returns (bytes16) {
        return _out(_in(a).scale(s));
    }

    function inverse(bytes16 a) external view returns (bytes16) {
        return _out(_in(a).inverse());
    }

    function base(uint256 a, uint256 log) external view returns (uint256, uint256) {
        return (baseInverse(a), rootOfUnity(log));
    }

    function requireOutsideBaseField(bytes16 z) external pure {
        Replay.requireOutsideBaseField(_in(z));
    }

    function canonical(bytes calldata elements) external pure returns (bool) {
        return Canonical.inCalldata(elements);
    }

    function fold(bytes16[] calldata values, uint256 inverse_, uint256[] calldata roots, bytes16 eta)
        external
        pure
        returns (bytes16)
    {
        uint256[] memory halves = new uint256[](2 * values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 lanes = Ext.unwrap(_in(values[i]));
            (halves[2 * i], halves[2 * i + 1]) = (lanes & EVEN, (lanes >> 64) & EVEN);
        }
        Ext[] memory etas = new Ext[](values.length == 16 ? 4 : values.length == 8 ? 3 : values.length / 2);
        etas[0] = _in(eta);
        for (uint256 r = 1; r < etas.length; ++r) {
            etas[r] = etas[r - 1] * etas[r - 1];
        }
        return _out(Fold.fold(halves, inverse_, roots, etas));
    }

    function contains(bytes calldata leaf, uint256 index, bytes calldata path, bytes calldata cap)
        external
        pure
        returns (bool)
    {
        uint256 pathAt;
        uint256 capAt;
        assembly ("memory-safe") {
            pathAt := path.offset
            capAt := cap.offset
        }
        return MerkleCap.contains(keccak256(leaf), index, pathAt, path.length / 26, capAt);
    }

    /// @notice Σ of columns times powers of λ minus a polynomial in x, and whether the columns are canonical.
    function linearForm(
        bytes calldata row,
        bytes calldata columns,
        bytes16 batch,
        uint256 x,
        bytes calldata coefficients
    ) external returns (bytes16, bool) {
        (Run[] memory runs, uint256 words) = _runs(row.length, coefficients.length);
        uint256 scalars = LinearForm.allocate(5 * words);
        LinearForm.weigh(columns, scalars + 32 * words, _in(batch));
        LinearForm.weighPowers(coefficients, scalars + 32 * (words + runs[1].weights));
        LinearForm.powers(scalars + 32 * runs[1].first, runs[1].words, x, P - 1);
        bool isCanonical = _spread(row, scalars);
        return (_out(_evaluated(runs, words, scalars)), isCanonical);
    }

    function _runs(uint256 rowBytes, uint256 coefficientsBytes)
        private
        pure
        returns (Run[] memory runs, uint256 words)
    {
        runs = new Run[](2);
        runs[0] = Run(0, 2 * ((rowBytes + 31) / 32), 0);
        runs[1] = Run(runs[0].words, (coefficientsBytes + 63) / 64, 4 * runs[0].words);
        words = runs[0].words + runs[1].words;
    }

    function _evaluated(Run[] memory runs, uint256 words, uint256 start) private returns (Ext value) {
        Run[][] memory forms = new Run[][](1);
        forms[0] = runs;
        address form = CodeStore.create(LinearFormCode.compile(forms, words));
        uint256 size = 160 * words;
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), form, start, size, 0, 32)) { revert(0, 0) }
            value := mload(0)
        }
    }

    /// @notice The code of a contract that is created with it.
    function created(bytes calldata code) external returns (bytes memory) {
        return CodeStore.create(code).code;
    }

    /// @notice Reverts for a directory that no verifier is deployed for.
    function checkKey(bytes calldata keyDirectory) external {
        KeyCheck.check(CodeStore.write(keyDirectory));
    }

    /// @notice Bytes of the code of one form of one run.
    function compiledBytes(uint256 first, uint256 words, uint256 weights, uint256 scalarWords)
        external
        pure
        returns (uint256)
    {
        Run[][] memory forms = new Run[][](1);
        forms[0] = new Run[](1);
        forms[0][0] = Run(first, words, weights);
        return LinearFormCode.compile(forms, scalarWords).length;
    }

    function _spread(bytes memory row, uint256 scalars) private pure returns (bool) {
        uint256 source;
        assembly ("memory-safe") {
            source := add(row, 32)
        }
        return LinearForm.spread(source, row.length, scalars);
    }

    /// @notice Start, absorb, grind, challenge, indices: what each leaves or gives.
    function transcript(bytes32 keyHash, bytes calldata message, bytes calldata nonce, uint256 bits, uint256 count)
        external
        pure
        returns (bool, bytes16, bytes memory, bytes32)
    {
        Transcript memory state = TranscriptSteps.start(keyHash);
        state.absorb(message);
        bool worked = state.grind(nonce, bits);
        Ext challenge = state.challenge();
        bytes memory indices = state.indices(count, 23);
        return (worked, _out(challenge), indices, state.state);
    }

    function _in(bytes16 element) private pure returns (Ext) {
        return decodeExt(uint256(bytes32(element)));
    }

    function _out(Ext element) private pure returns (bytes16) {
        return bytes16(bytes32(encodeExt(element)));
    }
}
