// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContextLayout, ContextParts} from "./Context.sol";
import {decodeExt, Ext} from "./ExtField.sol";
import {LinearForm} from "./LinearForm.sol";
import {Layout, Term} from "./QueryLayout.sol";

/// @notice What all queries of a transaction share.
/// @param scalars memory for the words of scalars of one query: the rows of the trees, then powers
/// @param weights memory for the weights of all runs, right behind
/// @param sums memory for the values of the linear forms
/// @param points of the terms
/// @param etas of each fold, η and its squares for the halvings of a fold
struct Plan {
    Layout key;
    ContextParts parts;
    uint256 scalars;
    uint256 weights;
    uint256 sums;
    Ext[] points;
    Ext[][] etas;
}

/// @title PlanBuilder
/// @notice Fills the layout of a key with what a context says.
library PlanBuilder {
    function build(Layout memory key, bytes calldata context) internal pure returns (Plan memory plan) {
        plan.key = key;
        plan.parts = ContextLayout.locate(key.key, key.coefficients);
        plan.scalars = LinearForm.allocate(key.scalarWords + key.weightWords);
        plan.weights = plan.scalars + 32 * key.scalarWords;
        plan.sums = LinearForm.allocate(key.terms.length + key.finalBlocks);
        LinearForm.weigh(key.columns, plan.weights, _element(context, plan.parts.batch));
        _terms(plan, context);
        LinearForm.weighPowers(
            context[plan.parts.finalPolynomial:plan.parts.indices], plan.weights + 32 * key.finalWeights
        );
        uint256 folds = key.key.folds;
        plan.etas = new Ext[][](folds);
        for (uint256 fold = 0; fold < folds; ++fold) {
            Ext[] memory squares = new Ext[](key.key.logArity);
            squares[0] = _element(context, plan.parts.etas + 16 * fold);
            for (uint256 r = 1; r < squares.length; ++r) {
                squares[r] = squares[r - 1] * squares[r - 1];
            }
            plan.etas[fold] = squares;
        }
    }

    function _terms(Plan memory plan, bytes calldata context) private pure {
        Ext z = _element(context, plan.parts.point);
        uint256 count = plan.key.terms.length;
        uint256 start = plan.parts.interpolants;
        plan.points = new Ext[](count);
        for (uint256 i = 0; i < count; ++i) {
            Term memory term = plan.key.terms[i];
            plan.points[i] = z.scale(term.root);
            uint256 end = start + 16 * term.size;
            LinearForm.weighPowers(context[start:end], plan.weights + 32 * term.weights);
            start = end;
        }
    }

    function _element(bytes calldata data, uint256 cursor) private pure returns (Ext) {
        return decodeExt(uint256(bytes32(bytes16(data[cursor:cursor + 16]))));
    }
}
