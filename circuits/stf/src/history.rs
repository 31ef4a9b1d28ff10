//! Whom a transaction concerns (commitments.md §4).

use alloc::vec::Vec;

use revm::primitives::{b256, Address, Log, B256};

use crate::executor::Outcome;
use crate::transaction::SignedTransaction;

/// `Transfer(address,address,uint256)` of ERC-20 and ERC-721.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// `TransferSingle(address,address,address,uint256,uint256)` of ERC-1155.
const TRANSFER_SINGLE: B256 = b256!("c3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62");

/// `TransferBatch(address,address,address,uint256[],uint256[])` of ERC-1155.
const TRANSFER_BATCH: B256 = b256!("4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb");

/// The two parties of a transfer event; a topic with bytes above an address names nobody.
fn parties(log: &Log) -> [Option<Address>; 2] {
    let (from, to) = match log.topics() {
        [event, from, to] | [event, from, to, _] if *event == TRANSFER => (from, to),
        [event, _, from, to] if *event == TRANSFER_SINGLE || *event == TRANSFER_BATCH => (from, to),
        _ => return [None, None],
    };
    [from, to].map(|topic| {
        let (padding, address) = topic.0.split_at(12);
        let address = Address::from_slice(address);
        (padding.iter().all(|byte| *byte == 0) && address != Address::ZERO).then_some(address)
    })
}

/// Accounts whose history the transaction enters, each once. Not inlined, so that its cost in a proof can be told.
#[must_use]
#[inline(never)]
pub fn concerned(transaction: &SignedTransaction, outcome: &Outcome) -> Vec<Address> {
    let mut accounts = Vec::with_capacity(4);
    accounts.push(transaction.sender);
    let mut add = |address: Address| {
        if !accounts.contains(&address) {
            accounts.push(address);
        }
    };
    let recipient = transaction.env.kind.to().copied().or(outcome.created);
    recipient.into_iter().for_each(&mut add);
    outcome.logs.iter().flat_map(parties).flatten().for_each(&mut add);
    accounts
}

#[cfg(test)]
mod tests {
    use super::*;
    use revm::primitives::{keccak256, Bytes};

    #[test]
    fn the_event_topics_are_those_of_the_standards() {
        assert_eq!(TRANSFER, keccak256("Transfer(address,address,uint256)"));
        assert_eq!(TRANSFER_SINGLE, keccak256("TransferSingle(address,address,address,uint256,uint256)"));
        assert_eq!(TRANSFER_BATCH, keccak256("TransferBatch(address,address,address,uint256[],uint256[])"));
    }

    #[test]
    fn a_mint_concerns_its_receiver_and_a_crooked_topic_nobody() {
        let to = Address::repeat_byte(7);
        let mint =
            Log::new_unchecked(Address::ZERO, [TRANSFER, B256::ZERO, to.into_word()].into(), Bytes::new());
        assert_eq!(parties(&mint), [None, Some(to)]);
        let crooked = [TRANSFER, B256::repeat_byte(7), to.into_word(), B256::ZERO];
        assert_eq!(
            parties(&Log::new_unchecked(Address::ZERO, crooked.into(), Bytes::new())),
            [None, Some(to)]
        );
        let short = Log::new_unchecked(Address::ZERO, [TRANSFER, to.into_word()].into(), Bytes::new());
        assert_eq!(parties(&short), [None, None]);
    }
}
