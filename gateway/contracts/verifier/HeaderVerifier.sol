// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeaderVerifier} from "../interfaces/IHeaderVerifier.sol";
import {CodeStore} from "./CodeStore.sol";
import {Canonical} from "./Canonical.sol";
import {Constraints, Inputs} from "./Constraints.sol";
import {ContextWriter} from "./ContextWriter.sol";
import {HeaderLayout, HeaderParts} from "./HeaderLayout.sol";
import {baseInverse, decodeExt, Ext, powerOfTwoTimes, rootOfUnity} from "./ExtField.sol";
import {Key, KeyCode} from "./Key.sol";
import {Openings} from "./Openings.sol";
import {Challenges, Replay} from "./Replay.sol";

/// @title HeaderVerifier
/// @notice See IHeaderVerifier.
contract HeaderVerifier is IHeaderVerifier {
    using KeyCode for Key;

    /// @inheritdoc IHeaderVerifier
    address public immutable directory;

    uint256 private immutable _openedValues;
    uint256 private immutable _coefficients;

    /// @dev What `Openings` lists.
    address private immutable _openings;

    constructor(address directory_) {
        directory = directory_;
        Key memory key = KeyCode.parse(CodeStore.read(directory_));
        (_openedValues,) = KeyCode.sizes(key);
        (bytes memory openings, uint256 coefficients) = Openings.list(key);
        _coefficients = coefficients;
        _openings = CodeStore.write(openings);
    }

    /// @inheritdoc IHeaderVerifier
    function verifyHeader(bytes calldata publicValues, bytes calldata header)
        external
        view
        returns (bytes memory context)
    {
        Key memory key = KeyCode.parse(CodeStore.read(directory));
        HeaderParts memory parts = _wellFormed(key, publicValues, header);
        Challenges memory drawn = Replay.run(key, parts, publicValues, header);
        Ext[] memory vanishing = _vanishing(key, drawn.z);
        Ext[] memory tableInputs =
            _tableInputs(key, drawn.z, vanishing, header[parts.terminals:parts.quotientRoot]);
        bytes memory interpolants =
            _satisfied(drawn, vanishing, tableInputs, publicValues, header[parts.opened:parts.batchNonce]);
        return ContextWriter.write(key, parts, drawn, interpolants, publicValues, header);
    }

    /// @dev Section 6, 2. The opened values are decoded once, for the constraints and for the interpolants.
    function _satisfied(
        Challenges memory drawn,
        Ext[] memory vanishing,
        Ext[] memory tableInputs,
        bytes calldata publicValues,
        bytes calldata openedValues
    ) private view returns (bytes memory interpolants) {
        uint256[] memory sums = new uint256[](2 * _coefficients);
        Ext[] memory outputs = _outputs(drawn, tableInputs, publicValues, openedValues, sums);
        Ext quotient = decodeExt(uint256(bytes32(bytes16(openedValues[openedValues.length - 16:]))));
        require(_quotient(drawn.tables, vanishing, outputs) == quotient, ConstraintsUnsatisfied());
        return ContextWriter.encodeSums(sums);
    }

    /// @dev `out_t` of each table. The inputs stand in the order of the program's slots, without its constants.
    function _outputs(
        Challenges memory drawn,
        Ext[] memory tableInputs,
        bytes calldata publicValues,
        bytes calldata openedValues,
        uint256[] memory sums
    ) private view returns (Ext[] memory) {
        address[] memory evaluators = KeyCode.evaluators(CodeStore.read(directory));
        bytes memory openings = CodeStore.read(_openings);
        uint256 count = 4 + tableInputs.length + publicValues.length / 4 + openedValues.length / 16;
        Inputs memory inputs = Constraints.allocate(count, tableInputs.length / 3);
        for (uint256 i = 0; i < 4; ++i) {
            Constraints.append(inputs, drawn.program[i]);
        }
        for (uint256 i = 0; i < tableInputs.length; ++i) {
            Constraints.append(inputs, tableInputs[i]);
        }
        Constraints.appendBase(inputs, publicValues);
        _appendOpened(inputs, openings, drawn.batch, openedValues, sums);
        return Constraints.run(inputs, evaluators);
    }

    /// @dev U_J = Σ_i Xⁱ · Σ_{j∈J} λ^j v_{j,i}, set after set, is summed up on the way: each opened value is decoded once.
    function _appendOpened(
        Inputs memory inputs,
        bytes memory openings,
        Ext batch,
        bytes calldata openedValues,
        uint256[] memory sums
    ) private pure {
        unchecked {
            Ext weight = Ext.wrap(1);
            uint256 end = openings.length;
            for (uint256 cursor = 4; cursor <= end; cursor += 4) {
                weight = weight * batch;
                uint256 size;
                uint256 target;
                assembly ("memory-safe") {
                    let entry := and(mload(add(openings, cursor)), 0xffffffff)
                    target := add(add(sums, 32), shl(6, shr(16, entry)))
                    size := shl(4, and(entry, 0xffff))
                }
                Constraints.appendWeighted(inputs, openedValues[:size], weight, target);
                openedValues = openedValues[size:];
            }
        }
    }

    function _wellFormed(Key memory key, bytes calldata publicValues, bytes calldata header)
        private
        view
        returns (HeaderParts memory parts)
    {
        require(
            publicValues.length == 4 * key.publicValues, PublicValuesLength(4 * key.publicValues, publicValues.length)
        );
        require(Canonical.inCalldata(publicValues), PublicValueNotCanonical());
        parts = HeaderLayout.locate(key, _openedValues);
        require(header.length == parts.end, HeaderLength(parts.end, header.length));
        bool canonical = Canonical.inCalldata(header[parts.terminals:parts.quotientRoot])
            && Canonical.inCalldata(header[parts.opened:parts.batchNonce])
            && Canonical.inCalldata(header[parts.finalPolynomial:parts.queryNonce]);
        require(canonical, HeaderNotCanonical());
    }

    /// @return inputs first_t(z), last_t(z) and τ_t of each table
    function _tableInputs(Key memory key, Ext z, Ext[] memory vanishing, bytes calldata terminals)
        private
        view
        returns (Ext[] memory inputs)
    {
        uint256 tables = vanishing.length;
        inputs = new Ext[](3 * tables);
        Ext firstInverse = (z - Ext.wrap(1)).inverse();
        Ext total;
        for (uint256 t = 0; t < tables; ++t) {
            uint256 logHeight = uint8(key.logHeights[t]);
            Ext overHeight = vanishing[t].scale(baseInverse(1 << logHeight));
            uint256 lastRow = baseInverse(rootOfUnity(logHeight));
            inputs[3 * t] = overHeight * firstInverse;
            inputs[3 * t + 1] = overHeight.scale(lastRow) * (z - Ext.wrap(lastRow)).inverse();
            Ext terminal = decodeExt(uint256(bytes32(bytes16(terminals[16 * t:16 * t + 16]))));
            inputs[3 * t + 2] = terminal;
            total = total + terminal;
        }
        require(Ext.unwrap(total) == 0, TerminalsUnbalanced());
    }

    /// @dev Σ_t ε^t · out_t(z) / Z_t(z).
    function _quotient(Ext powers, Ext[] memory vanishing, Ext[] memory outputs) private view returns (Ext total) {
        for (uint256 left = outputs.length; left != 0; --left) {
            total = total * powers + outputs[left - 1] * vanishing[left - 1].inverse();
        }
    }

    /// @return values Z_t(z) = z^N − 1 of each table. Tables are listed by falling height, so that squaring goes on from one to
    /// the next; where they are not, it starts again.
    function _vanishing(Key memory key, Ext z) private pure returns (Ext[] memory values) {
        uint256 left = key.logHeights.length;
        values = new Ext[](left);
        Ext power = z;
        uint256 logPower = 0;
        for (; left != 0; --left) {
            uint256 logHeight = uint8(key.logHeights[left - 1]);
            if (logHeight < logPower) (power, logPower) = (z, 0);
            power = powerOfTwoTimes(power, logHeight - logPower);
            logPower = logHeight;
            values[left - 1] = power - Ext.wrap(1);
        }
    }
}
