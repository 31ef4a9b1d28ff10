// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQueryVerifier} from "../interfaces/IQueryVerifier.sol";
import {CodeStore} from "./CodeStore.sol";
import {addFraction, baseInverse, basePower, decodeExt, encodeExt, Ext, P, P_LANES} from "./ExtField.sol";
import {Fold} from "./Fold.sol";
import {Key, KeyCode} from "./Key.sol";
import {LinearForm} from "./LinearForm.sol";
import {LinearFormCode, Run} from "./LinearFormCode.sol";
import {MerkleCap} from "./MerkleCap.sol";
import {Plan, PlanBuilder} from "./Plan.sol";
import {Layout, QueryLayouts, Term} from "./QueryLayout.sol";

/// @title QueryVerifier
/// @notice See IQueryVerifier.
contract QueryVerifier is IQueryVerifier {
    /// @dev S, the shift of the evaluation domain.
    uint256 private constant SHIFT = 31;

    uint256 private constant ELEMENT_BYTES = 16;

    /// @notice Where the verification of one query stands.
    /// @param number of the query, from 0
    /// @param at position in calldata of what is read next
    /// @param caps position in calldata of the first cap
    /// @param index of the query in the present layer's domain
    /// @param point y of the first layer
    /// @param inverse of y of the present layer
    /// @param value at y
    struct Query {
        uint256 number;
        uint256 cursor;
        uint256 caps;
        uint256 index;
        uint256 point;
        uint256 inverse;
        Ext value;
    }

    /// @inheritdoc IQueryVerifier
    address public immutable directory;

    /// @dev The key's layout, ABI-encoded.
    address private immutable _layout;

    /// @dev Its linear forms as code.
    address private immutable _forms;

    constructor(address directory_) {
        directory = directory_;
        Key memory key = KeyCode.parse(CodeStore.read(directory_));
        (Layout memory layout_, Run[][] memory forms) = QueryLayouts.build(key);
        _layout = CodeStore.write(abi.encode(layout_));
        _forms = CodeStore.create(LinearFormCode.compile(forms, layout_.scalarWords));
    }

    /// @inheritdoc IQueryVerifier
    function verifyQueries(bytes calldata context, uint256 first, bytes calldata queries)
        external
        view
        returns (uint256 count)
    {
        Layout memory key = abi.decode(CodeStore.read(_layout), (Layout));
        count = _count(key, first, queries.length);
        Plan memory plan = PlanBuilder.build(key, context);
        _checkCaps(plan, context, queries);

        Query memory query;
        assembly ("memory-safe") {
            mstore(add(query, 64), queries.offset)
        }
        unchecked {
            query.cursor = query.caps + key.levels.length * key.cap;
            for (query.number = first; query.number < first + count; ++query.number) {
                uint256 cursor = plan.parts.indices + 4 * query.number;
                query.index = uint32(bytes4(context[cursor:cursor + 4]));
                _verify(plan, query);
            }
        }
    }

    function _verify(Plan memory plan, Query memory query) private view {
        unchecked {
            Layout memory key = plan.key;
            query.point = basePower(key.generator, query.index);
            query.inverse = baseInverse(query.point);
            Ext mask = _readRow(plan, query, 0);
            _readRow(plan, query, 1);
            _readRow(plan, query, 2);
            uint256 x = mulmod(query.point, SHIFT, P);
            uint256 last = basePower(query.point, 1 << (key.key.logArity * plan.etas.length));
            _linearForms(plan, x, last);
            query.value = _combination(plan, x, mask);
            for (uint256 fold = 0; fold < plan.etas.length; ++fold) {
                _fold(plan, query, fold);
            }
            require(_finalPolynomial(plan, last) == query.value, FinalPolynomial(query.number));
        }
    }

    /// @dev All of a query at once, over its rows, the powers of x and those of the last layer's y. The powers of x are negated:
    /// U_J is subtracted.
    function _linearForms(Plan memory plan, uint256 x, uint256 last) private view {
        unchecked {
            Layout memory key = plan.key;
            LinearForm.powers(plan.scalars + 32 * key.firstPower, key.powerWords, x, P - 1);
            LinearForm.powers(plan.scalars + 32 * key.firstFinal, key.finalWords, last, 1);
            (address forms, uint256 scalars, uint256 sums) = (_forms, plan.scalars, plan.sums);
            uint256 given = 32 * (key.scalarWords + key.weightWords);
            uint256 returned = 32 * (key.terms.length + key.finalBlocks);
            assembly ("memory-safe") {
                // The code has no reason to fail but too little gas; ours then does not last either.
                if iszero(staticcall(gas(), forms, scalars, given, sums, returned)) { revert(0, 0) }
            }
        }
    }

    /// @dev Value of one linear form.
    function _sum(Plan memory plan, uint256 form) private pure returns (Ext sum) {
        uint256 sums = plan.sums;
        assembly ("memory-safe") {
            sum := mload(add(sums, shl(5, form)))
        }
    }

    /// @dev Block after block by Horner's rule: each is a linear form in the same few powers of y.
    function _finalPolynomial(Plan memory plan, uint256 y) private pure returns (Ext value) {
        unchecked {
            uint256 step = basePower(y, 4 * plan.key.finalWords);
            uint256 first = plan.key.terms.length;
            for (uint256 left = plan.key.finalBlocks; left != 0; --left) {
                value = value.scale(step) + _sum(plan, first + left - 1);
            }
        }
    }

    /// @return lastColumns the last four columns of the row: in tree 0 the mask R
    function _readRow(Plan memory plan, Query memory query, uint256 tree) private pure returns (Ext lastColumns) {
        unchecked {
            uint256 rowBytes = 4 * plan.key.widths[tree];
            uint256 size = rowBytes + KeyCode.SALT_BYTES;
            uint256 scratch;
            bytes32 digest;
            uint256 last;
            uint256 cursor = query.cursor;
            assembly ("memory-safe") {
                scratch := mload(0x40)
                calldatacopy(scratch, cursor, size)
                digest := keccak256(scratch, size)
                last := mload(add(scratch, sub(rowBytes, 16)))
            }
            bool canonical = LinearForm.spread(scratch, rowBytes, plan.scalars + 32 * plan.key.firstWords[tree]);
            require(canonical, RowNotCanonical(query.number, tree));
            query.cursor = cursor + size;
            _requirePath(plan.key, query, tree, digest);
            return decodeExt(last);
        }
    }

    /// @dev P(x) as one fraction, so that one inverse serves all terms.
    function _combination(Plan memory plan, uint256 x, Ext mask) private view returns (Ext) {
        unchecked {
            Layout memory key = plan.key;
            Ext numerator = mask;
            Ext denominator = Ext.wrap(1);
            uint256 logFactor = 0;
            for (uint256 i = 0; i < plan.points.length; ++i) {
                Term memory term = key.terms[i];
                for (; logFactor < term.logFactor; ++logFactor) {
                    x = mulmod(x, x, P);
                }
                // Lanes below 2P: a factor may be unreduced.
                Ext below = Ext.wrap(P_LANES + x - Ext.unwrap(plan.points[i]));
                (numerator, denominator) = addFraction(numerator, denominator, _sum(plan, i), below);
            }
            return numerator * denominator.inverse();
        }
    }

    function _fold(Plan memory plan, Query memory query, uint256 fold) private pure {
        unchecked {
            Layout memory key = plan.key;
            uint256 tree = KeyCode.ROW_TREES + fold;
            uint256 logLeaves = key.levels[tree] + key.key.logCap;
            uint256 arity = key.roots.length;
            uint256 position = query.index >> logLeaves;
            query.index &= (1 << logLeaves) - 1;
            (uint256[] memory values, bytes32 digest) = _readLeaf(query, tree, position, arity);
            _requirePath(key, query, tree, digest);
            // The leaf's first value stands ω^position before the query's own.
            uint256 inverse = mulmod(query.inverse, key.roots[(arity - position) & (arity - 1)], P);
            query.value = Fold.fold(values, inverse, key.roots, plan.etas[fold]);
            for (uint256 i = key.key.logArity; i != 0; --i) {
                query.inverse = mulmod(query.inverse, query.inverse, P);
            }
        }
    }

    /// @dev The value of the query is not in the proof: the leaf holds it if the path leads to the cap.
    /// @return values in two words each, as `Fold` takes them
    function _readLeaf(Query memory query, uint256 tree, uint256 position, uint256 arity)
        private
        pure
        returns (uint256[] memory values, bytes32 digest)
    {
        uint256 own = encodeExt(query.value);
        uint256 cursor = query.cursor;
        values = new uint256[](2 * arity);
        bool canonical;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            let before := shl(4, position)
            let size := shl(4, arity)
            calldatacopy(scratch, cursor, before)
            mstore(add(scratch, before), own)
            calldatacopy(add(add(scratch, before), 16), add(cursor, before), sub(sub(size, 16), before))
            digest := keccak256(scratch, size)
            let target := add(values, 32)
            let seen := 0
            for { let end := add(scratch, size) } lt(scratch, end) { scratch := add(scratch, 16) } {
                let word := shr(128, mload(scratch))
                seen := or(seen, or(word, add(word, 0x07ffffff07ffffff07ffffff07ffffff)))
                mstore(target, or(shr(96, word), shl(96, and(word, 0xffffffff00000000))))
                target := add(target, 32)
                mstore(target, or(and(shr(64, word), 0xffffffff), shl(128, and(word, 0xffffffff))))
                target := add(target, 32)
            }
            canonical := iszero(and(seen, 0x80000000800000008000000080000000))
        }
        require(canonical, RowNotCanonical(query.number, tree));
        unchecked {
            query.cursor = cursor + ELEMENT_BYTES * (arity - 1);
        }
    }

    function _requirePath(Layout memory key, Query memory query, uint256 tree, bytes32 digest) private pure {
        unchecked {
            uint256 cap = query.caps + tree * key.cap;
            uint256 levels = key.levels[tree];
            bool found = MerkleCap.contains(digest, query.index, query.cursor, levels, cap);
            require(found, PathMismatch(query.number, tree));
            query.cursor += KeyCode.DIGEST_BYTES * levels;
        }
    }

    function _checkCaps(Plan memory plan, bytes calldata context, bytes calldata queries) private pure {
        uint256 size = KeyCode.capBytes(plan.key.key);
        uint256 trees = KeyCode.trees(plan.key.key);
        for (uint256 tree = 0; tree < trees; ++tree) {
            uint256 cursor = plan.parts.roots + 32 * tree;
            bytes32 root = bytes32(context[cursor:cursor + 32]);
            require(keccak256(queries[size * tree:size * (tree + 1)]) == root, CapMismatch(tree));
        }
    }

    function _count(Layout memory key, uint256 first, uint256 given) private pure returns (uint256 count) {
        uint256 caps = KeyCode.trees(key.key) * KeyCode.capBytes(key.key);
        require(given > caps && (given - caps) % key.queryBytes == 0, PartLength(first, given));
        count = (given - caps) / key.queryBytes;
        uint256 queries = key.key.queries;
        require(first < queries && count <= queries - first, PartLength(first, given));
    }
}
