// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofErrors} from "../interfaces/IProofErrors.sol";
import {Ext} from "./ExtField.sol";
import {HeaderLayout, HeaderParts} from "./HeaderLayout.sol";
import {Key} from "./Key.sol";
import {Transcript, TranscriptSteps} from "./Transcript.sol";

/// @notice What the verifier drew.
/// @param program α, β, γ, δ: inputs of the constraint program
/// @param tables ε: joins the tables
/// @param z the out-of-domain point
/// @param batch λ: joins the openings
/// @param folds η of each fold
/// @param indices of the queries, 4 bytes each
struct Challenges {
    Ext[] program;
    Ext tables;
    Ext z;
    Ext batch;
    Ext[] folds;
    bytes indices;
}

/// @title Replay
/// @notice The conversation of section 5, step by step.
library Replay {
    using TranscriptSteps for Transcript;

    function run(Key memory key, HeaderParts memory parts, bytes calldata publicValues, bytes calldata header)
        internal
        pure
        returns (Challenges memory drawn)
    {
        Transcript memory transcript = TranscriptSteps.start(key.hash);
        _lookups(key, parts, transcript, drawn, publicValues, header);
        _openings(key, parts, transcript, drawn, header);
        _folds(key, parts, transcript, drawn, header);
    }

    function _lookups(
        Key memory key,
        HeaderParts memory parts,
        Transcript memory transcript,
        Challenges memory drawn,
        bytes calldata publicValues,
        bytes calldata header
    ) private pure {
        if (publicValues.length != 0) transcript.absorb(publicValues);
        transcript.absorb(header[:parts.lookupNonce]);
        require(
            transcript.grind(header[parts.lookupNonce:parts.lookupRoot], key.lookupBits), IProofErrors.LookupGrinding()
        );
        drawn.program = new Ext[](4);
        drawn.program[0] = transcript.challenge();
        drawn.program[1] = transcript.challenge();
        transcript.absorb(header[parts.lookupRoot:parts.quotientRoot]);
        drawn.program[2] = transcript.challenge();
        drawn.program[3] = transcript.challenge();
        drawn.tables = transcript.challenge();
    }

    function _openings(
        Key memory key,
        HeaderParts memory parts,
        Transcript memory transcript,
        Challenges memory drawn,
        bytes calldata header
    ) private pure {
        transcript.absorb(header[parts.quotientRoot:parts.pointNonce]);
        require(transcript.grind(header[parts.pointNonce:parts.opened], key.pointBits), IProofErrors.PointGrinding());
        drawn.z = transcript.challenge();
        requireOutsideBaseField(drawn.z);
        transcript.absorb(header[parts.opened:parts.batchNonce]);
        require(transcript.grind(header[parts.batchNonce:parts.foldRoots], key.batchBits), IProofErrors.BatchGrinding());
        drawn.batch = transcript.challenge();
    }

    /// @dev Outside F no denominator of the verification vanishes.
    function requireOutsideBaseField(Ext z) internal pure {
        require(Ext.unwrap(z) >> 64 != 0, IProofErrors.PointInBaseField());
    }

    function _folds(
        Key memory key,
        HeaderParts memory parts,
        Transcript memory transcript,
        Challenges memory drawn,
        bytes calldata header
    ) private pure {
        drawn.folds = new Ext[](key.folds);
        for (uint256 fold = 0; fold < key.folds; ++fold) {
            uint256 root = parts.foldRoots + HeaderLayout.FOLD_BYTES * fold;
            uint256 nonce = root + HeaderLayout.ROOT_BYTES;
            transcript.absorb(header[root:nonce]);
            require(
                transcript.grind(header[nonce:nonce + HeaderLayout.NONCE_BYTES], key.foldBits),
                IProofErrors.FoldGrinding(fold)
            );
            drawn.folds[fold] = transcript.challenge();
        }
        transcript.absorb(header[parts.finalPolynomial:parts.queryNonce]);
        require(transcript.grind(header[parts.queryNonce:parts.end], key.queryBits), IProofErrors.QueryGrinding());
        drawn.indices = transcript.indices(key.queries, key.logDomain);
    }
}
