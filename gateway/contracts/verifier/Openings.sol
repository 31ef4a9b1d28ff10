// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Group, Key, KeyCode} from "./Key.sol";
import {OpeningSet, OpeningSets} from "./OpeningSets.sol";

/// @title Openings
/// @notice A key's openings as its headers list them, arranged once and when a verifier is deployed.
library Openings {
    /// @return openings 4 bytes each: number of the first coefficient of its interpolant among all, number of its values
    /// @return coefficients of all interpolants together
    function list(Key memory key) internal pure returns (bytes memory openings, uint256 coefficients) {
        (OpeningSet[] memory sets, uint256[] memory numberOf) = OpeningSets.list(key);
        for (uint256 i = 0; i < KeyCode.groupCount(key); ++i) {
            Group memory group = KeyCode.group(key, i);
            for (uint256 bit = 0; group.points >> bit != 0; ++bit) {
                if ((group.points >> bit) & 1 == 0) continue;
                OpeningSet memory set = sets[numberOf[OpeningSets.index(group.logFactor, bit)] - 1];
                openings = abi.encodePacked(openings, uint16(set.start), uint16(group.slots));
            }
        }
        coefficients = OpeningSets.coefficients(sets);
    }
}
