// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {basePower, rootOfUnity} from "./ExtField.sol";
import {Group, Key, KeyCode} from "./Key.sol";
import {Run} from "./LinearFormCode.sol";
import {OpeningSet, OpeningSets} from "./OpeningSets.sol";

/// @notice One set of openings as a linear form in the rows and in the powers of x, over x^k − root·z.
/// @param logFactor log k
/// @param root 1 for z, ω_n for the next row
/// @param size number of coefficients of U_J
/// @param weights number of the first word of weights of the powers of x: the coefficients of U_J
struct Term {
    uint256 logFactor;
    uint256 root;
    uint256 size;
    uint256 weights;
}

/// @notice Where scalars and weights of a query stand: all that does not depend on a proof.
/// @param firstPower number of the first word of powers of x; before it stand the rows
/// @param powerWords words of powers of x
/// @param firstFinal number of the first word of powers of the last y
/// @param finalWords words of these powers: as many as a block of the final polynomial's coefficients has
/// @param finalBlocks how many
/// @param finalWeights number of the first word of their weights
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
    uint256 firstFinal;
    uint256 finalWords;
    uint256 finalBlocks;
    uint256 finalWeights;
    uint256 scalarWords;
    uint256 weightWords;
    uint256 coefficients;
    uint256 generator;
    uint256 queryBytes;
    uint256 cap;
    uint256[] levels;
    uint256[] roots;
    Term[] terms;
    bytes columns;
}

/// @title QueryLayouts
/// @notice Arranges a key's columns for the queries, once and when a verifier is deployed.
library QueryLayouts {
    /// @notice The weight is λ times that of the opening before.
    uint256 internal constant ADVANCE = 0;

    /// @notice The weight is θ times that of the coordinate before.
    uint256 internal constant TURN = 1;

    /// @dev Log of the length from which a final polynomial is cut; its blocks then fill words.
    uint256 private constant LOG_CUT = 5;
    uint256 private constant BLOCKS = 4;

    /// @return layout_ what a query needs
    /// @return forms the linear forms: of each term, then of each block of the final polynomial
    function build(Key memory key) internal pure returns (Layout memory layout_, Run[][] memory forms) {
        layout_.key = key;
        (, layout_.widths) = KeyCode.sizes(key);
        (OpeningSet[] memory sets, uint256[] memory numberOf) = OpeningSets.list(key);
        layout_.coefficients = OpeningSets.coefficients(sets);
        _words(layout_, sets);
        forms = new Run[][](sets.length + layout_.finalBlocks);
        _terms(layout_, forms, sets);
        _ranges(layout_, forms, numberOf);
        _weights(layout_, forms);
        _columns(layout_, forms, numberOf);
        _folding(layout_);
    }

    /// @dev A power costs as much as its share of a linear form, so a long final polynomial is cut into blocks.
    function _words(Layout memory self, OpeningSet[] memory sets) private pure {
        for (uint256 tree = 0; tree < 3; ++tree) {
            self.firstWords[tree] = self.firstPower;
            self.firstPower += 2 * ((self.widths[tree] + 7) / 8);
        }
        uint256 size = 0;
        for (uint256 i = 0; i < sets.length; ++i) {
            if (sets[i].size > size) size = sets[i].size;
        }
        self.powerWords = _perWord(size);
        self.firstFinal = self.firstPower + self.powerWords;
        self.finalBlocks = self.key.logFinal < LOG_CUT ? 1 : BLOCKS;
        self.finalWords = _perWord((1 << self.key.logFinal) / self.finalBlocks);
        self.scalarWords = self.firstFinal + self.finalWords;
    }

    function _terms(Layout memory self, Run[][] memory forms, OpeningSet[] memory sets) private pure {
        self.terms = new Term[](sets.length);
        for (uint256 i = 0; i < sets.length; ++i) {
            Term memory term = self.terms[i];
            term.logFactor = sets[i].logFactor;
            term.root = sets[i].bit == 0 ? 1 : rootOfUnity(sets[i].bit - 1);
            term.size = sets[i].size;
            // The three rows, of which those without a column of the set stay empty, and the powers of x.
            forms[i] = new Run[](4);
            forms[i][3].first = self.firstPower;
            forms[i][3].words = _perWord(sets[i].size);
        }
        for (uint256 block_ = sets.length; block_ < forms.length; ++block_) {
            forms[block_] = new Run[](1);
            forms[block_][0].first = self.firstFinal;
            forms[block_][0].words = self.finalWords;
        }
    }

    /// @dev From the first to the last word of each row in which a term has a column.
    function _ranges(Layout memory self, Run[][] memory forms, uint256[] memory numberOf) private pure {
        uint256[3] memory column;
        for (uint256 i = 0; i < KeyCode.groupCount(self.key); ++i) {
            Group memory group = KeyCode.group(self.key, i);
            uint256 first = self.firstWords[group.tree] + 2 * (column[group.tree] / 8);
            column[group.tree] += group.width;
            uint256 end = self.firstWords[group.tree] + 2 * ((column[group.tree] + 7) / 8);
            for (uint256 bit = 0; group.points >> bit != 0; ++bit) {
                if ((group.points >> bit) & 1 == 0) continue;
                Run memory run = _run(forms, numberOf, group, bit);
                if (run.words == 0) run.first = first;
                run.words = end - run.first;
            }
        }
    }

    function _weights(Layout memory self, Run[][] memory forms) private pure {
        uint256 next = 0;
        for (uint256 i = 0; i < forms.length; ++i) {
            if (i == self.terms.length) self.finalWeights = next;
            for (uint256 run = 0; run < forms[i].length; ++run) {
                forms[i][run].weights = next;
                next += 4 * forms[i][run].words;
            }
            if (i < self.terms.length) self.terms[i].weights = forms[i][3].weights;
        }
        self.weightWords = next;
    }

    function _columns(Layout memory self, Run[][] memory forms, uint256[] memory numberOf) private pure {
        uint256[3] memory column;
        for (uint256 i = 0; i < KeyCode.groupCount(self.key); ++i) {
            Group memory group = KeyCode.group(self.key, i);
            for (uint256 bit = 0; group.points >> bit != 0; ++bit) {
                if ((group.points >> bit) & 1 == 0) continue;
                Run memory run = _run(forms, numberOf, group, bit);
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

    function _run(Run[][] memory forms, uint256[] memory numberOf, Group memory group, uint256 bit)
        private
        pure
        returns (Run memory)
    {
        return forms[numberOf[OpeningSets.index(group.logFactor, bit)] - 1][group.tree];
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

    /// @dev Words for `size` powers.
    function _perWord(uint256 size) private pure returns (uint256) {
        return (size + 3) / 4;
    }
}
