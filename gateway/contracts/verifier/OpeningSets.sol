// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ext, rootOfUnity} from "./ExtField.sol";
import {Group, Key, KeyCode} from "./Key.sol";

/// @notice The openings with one denominator: those of one stacking factor at one point.
/// @param logFactor log k
/// @param bit 0 for z, n + 1 for ω_n·z
/// @param size number of coefficients of the interpolant U_J
/// @param start number of coefficients of the interpolants before it
struct OpeningSet {
    uint256 logFactor;
    uint256 bit;
    uint256 size;
    uint256 start;
}

/// @title OpeningSets
/// @notice Which openings share a denominator (docs/protocol/proof.md, section 7).
library OpeningSets {
    uint256 private constant POINTS_MAX = 32;

    /// @dev More than any log of a stacking factor.
    uint256 private constant LOG_FACTORS = 16;

    /// @return sets in their order
    /// @return numberOf for each (log k, bit), at 32·log k + bit, one more than the number of its set; 0 if there is none
    function list(Key memory key) internal pure returns (OpeningSet[] memory sets, uint256[] memory numberOf) {
        numberOf = new uint256[](LOG_FACTORS * POINTS_MAX);
        uint256 count = 0;
        for (uint256 i = 0; i < KeyCode.groupCount(key); ++i) {
            Group memory group = KeyCode.group(key, i);
            for (uint256 bit = 0; group.points >> bit != 0; ++bit) {
                if ((group.points >> bit) & 1 == 0) continue;
                uint256 cursor = index(group.logFactor, bit);
                if (numberOf[cursor] == 0) ++count;
                if (numberOf[cursor] < group.slots) numberOf[cursor] = group.slots;
            }
        }
        sets = new OpeningSet[](count);
        uint256 number = 0;
        uint256 start = 0;
        for (uint256 cursor = 0; cursor < numberOf.length; ++cursor) {
            uint256 size = numberOf[cursor];
            if (size == 0) continue;
            sets[number] = OpeningSet(cursor / POINTS_MAX, cursor % POINTS_MAX, size, start);
            start += size;
            numberOf[cursor] = ++number;
        }
    }

    function index(uint256 logFactor, uint256 bit) internal pure returns (uint256) {
        return POINTS_MAX * logFactor + bit;
    }

    /// @notice Coefficients of all interpolants together.
    function coefficients(OpeningSet[] memory sets) internal pure returns (uint256) {
        OpeningSet memory last = sets[sets.length - 1];
        return last.start + last.size;
    }

    function point(OpeningSet memory self, Ext z) internal pure returns (Ext) {
        return self.bit == 0 ? z : z.scale(rootOfUnity(self.bit - 1));
    }
}
