// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {basePower, rootOfUnity} from "./ExtField.sol";
import {Group, Key, KeyCode} from "./Key.sol";
import {OpeningSet, OpeningSets} from "./OpeningSets.sol";

/// @notice Consecutive words of scalars and their weights. Weights of the scalars in one word take four words.
/// @param first number of the first word of scalars
/// @param words how many, an even number
/// @param weights number of the first word of weights
struct Run {
    uint256 first;
    uint256 words;
    uint256 weights;
}

/// @notice One set of openings as a linear form in the rows and in the powers of x, over x^k − root·z.
/// @param logFactor log k
/// @param root 1 for z, ω_n for the next row
/// @param size number of coefficients of U_J
/// @param powers run over the powers of x, with the coefficients of U_J as weights
/// @param runs those over rows that have columns of the set, and `powers`
struct Term {
    uint256 logFactor;
    uint256 root;
    uint256 size;
    Run powers;
    Run[] runs;
}

/// @notice Where scalars and weights of a query stand: all that does not depend on a proof.
/// @param firstPower number of the first word of powers of x; before it stand the rows
/// @param powerWords words of powers of x
/// @param weightWords words of weights, with those of the final polynomial
/// @param generator ω_h
/// @param cap bytes of a cap
/// @param levels of a path, by tree
/// @param roots ω^(−j) for ω the root of unity of the arity's order
/// @param columns of each opening in order, 4 bytes each: 2 bits `ADVANCE` or `TURN`, 2 bits place in the word of scalars,
/// 28 bits number of the word of weights
struct Layout {
    Key key;
    uint256[3] widths;
    uint256[3] firstWords;
    uint256 firstPower;
    uint256 powerWords;
    uint256 scalarWords;
    uint256 weightWords;
    uint256 coefficients;
    uint256 generator;
    uint256 queryBytes;
    uint256 cap;
    uint256[] levels;
    uint256[] roots;
    Term[] terms;
    Run[] finalPolynomial;
    bytes columns;
}

/// @title QueryLayouts
/// @notice Arranges a key's columns for the queries, once and when a verifier is deployed.
library QueryLayouts {
    /// @notice The weight is λ times that of the opening before.
    uint256 internal constant ADVANCE = 0;

    /// @notice The weight is θ times that of the coordinate before.
    uint256 internal constant TURN = 1;

    function build(Key memory key) internal pure returns (Layout memory layout_) {
        layout_.key = key;
        (, layout_.widths) = KeyCode.sizes(key);
        (OpeningSet[] memory sets, uint256[] memory numberOf) = OpeningSets.list(key);
        layout_.coefficients = OpeningSets.coefficients(sets);
        _words(layout_, sets);
        _terms(layout_, sets);
        _ranges(layout_, numberOf);
        _weights(layout_);
        _columns(layout_, numberOf);
        _compact(layout_);
        _folding(layout_);
    }

    function _words(Layout memory self, OpeningSet[] memory sets) private pure {
        for (uint256 tree = 0; tree < 3; ++tree) {
            self.firstWords[tree] = self.firstPower;
            self.firstPower += 2 * ((self.widths[tree] + 7) / 8);
        }
        uint256 size = 0;
        for (uint256 i = 0; i < sets.length; ++i) {
            if (sets[i].size > size) size = sets[i].size;
        }
        self.powerWords = _pairs(size);
        self.finalPolynomial = new Run[](1);
        self.finalPolynomial[0].first = self.firstPower;
        self.finalPolynomial[0].words = _pairs(1 << self.key.logFinal);
        uint256 most = self.finalPolynomial[0].words > self.powerWords ? self.finalPolynomial[0].words : self.powerWords;
        self.scalarWords = self.firstPower + most;
    }

    function _terms(Layout memory self, OpeningSet[] memory sets) private pure {
        self.terms = new Term[](sets.length);
        for (uint256 i = 0; i < sets.length; ++i) {
            Term memory term = self.terms[i];
            term.logFactor = sets[i].logFactor;
            term.root = sets[i].bit == 0 ? 1 : rootOfUnity(sets[i].bit - 1);
            term.size = sets[i].size;
            term.powers.first = self.firstPower;
            term.powers.words = _pairs(sets[i].size);
            // The three rows for now; those without a column of the set are left out at the end.
            term.runs = new Run[](3);
        }
    }

    /// @dev From the first to the last word of each row in which a term has a column.
    function _ranges(Layout memory self, uint256[] memory numberOf) private pure {
        uint256[3] memory column;
        for (uint256 i = 0; i < KeyCode.groupCount(self.key); ++i) {
            Group memory group = KeyCode.group(self.key, i);
            uint256 first = self.firstWords[group.tree] + 2 * (column[group.tree] / 8);
            column[group.tree] += group.width;
            uint256 end = self.firstWords[group.tree] + 2 * ((column[group.tree] + 7) / 8);
            for (uint256 bit = 0; group.points >> bit != 0; ++bit) {
                if ((group.points >> bit) & 1 == 0) continue;
                Run memory run = _run(self, numberOf, group, bit);
                if (run.words == 0) run.first = first;
                run.words = end - run.first;
            }
        }
    }

    function _weights(Layout memory self) private pure {
        uint256 next = 0;
        for (uint256 i = 0; i < self.terms.length; ++i) {
            Term memory term = self.terms[i];
            for (uint256 tree = 0; tree < 3; ++tree) {
                term.runs[tree].weights = next;
                next += 4 * term.runs[tree].words;
            }
            term.powers.weights = next;
            next += 4 * term.powers.words;
        }
        self.finalPolynomial[0].weights = next;
        self.weightWords = next + 4 * self.finalPolynomial[0].words;
    }

    function _columns(Layout memory self, uint256[] memory numberOf) private pure {
        uint256[3] memory column;
        for (uint256 i = 0; i < KeyCode.groupCount(self.key); ++i) {
            Group memory group = KeyCode.group(self.key, i);
            for (uint256 bit = 0; group.points >> bit != 0; ++bit) {
                if ((group.points >> bit) & 1 == 0) continue;
                Run memory run = _run(self, numberOf, group, bit);
                uint256 base = self.firstWords[group.tree];
                bytes memory entries = _entries(run, base, column[group.tree], group.width);
                self.columns = bytes.concat(self.columns, entries);
            }
            column[group.tree] += group.width;
        }
    }

    function _entries(Run memory run, uint256 base, uint256 column, uint256 width)
        private
        pure
        returns (bytes memory entries)
    {
        for (uint256 b = 0; b < width; ++b) {
            uint256 c = column + b;
            uint256 word = run.weights + 4 * (base + 2 * (c / 8) + (c & 1) - run.first);
            uint256 kind = b == 0 ? ADVANCE : TURN;
            entries = abi.encodePacked(entries, uint32((kind << 30) | (((c % 8) >> 1) << 28) | word));
        }
    }

    function _run(Layout memory self, uint256[] memory numberOf, Group memory group, uint256 bit)
        private
        pure
        returns (Run memory)
    {
        return self.terms[numberOf[OpeningSets.index(group.logFactor, bit)] - 1].runs[group.tree];
    }

    function _compact(Layout memory self) private pure {
        for (uint256 i = 0; i < self.terms.length; ++i) {
            Term memory term = self.terms[i];
            Run[] memory rows = term.runs;
            uint256 count = 1;
            for (uint256 tree = 0; tree < 3; ++tree) {
                if (rows[tree].words != 0) ++count;
            }
            term.runs = new Run[](count);
            term.runs[--count] = term.powers;
            for (uint256 tree = 0; tree < 3; ++tree) {
                if (rows[tree].words != 0) term.runs[--count] = rows[tree];
            }
        }
    }

    function _folding(Layout memory self) private pure {
        Key memory key = self.key;
        self.generator = rootOfUnity(key.logDomain);
        uint256 arity = 1 << key.logArity;
        self.roots = new uint256[](arity);
        for (uint256 j = 0; j < arity; ++j) {
            self.roots[j] = basePower(rootOfUnity(key.logArity), arity - j);
        }
        self.cap = KeyCode.capBytes(key);
        self.levels = new uint256[](KeyCode.trees(key));
        for (uint256 tree = 0; tree < KeyCode.trees(key); ++tree) {
            self.levels[tree] = KeyCode.logLeaves(key, tree) - key.logCap;
            uint256 leaf = tree < KeyCode.ROW_TREES ? 4 * self.widths[tree] + KeyCode.SALT_BYTES : 16 * (arity - 1);
            self.queryBytes += leaf + KeyCode.pathBytes(key, tree);
        }
    }

    /// @dev Words for `size` powers, an even number.
    function _pairs(uint256 size) private pure returns (uint256) {
        return 2 * ((size + 7) / 8);
    }
}
