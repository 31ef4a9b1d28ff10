//! Asking an account with code whether it accepts a signature (ERC-1271).

use std::convert::Infallible;

use prividium_policy::{
    encode_rule, encode_wallet, AccessKind, PolicyView, Rule, RuleKind, Selector, Wallet,
};
use prividium_stf::executor::{self, Executor, Judging};
use revm::primitives::{Address, Bytes, B256, U256};

use crate::error::Result;
use crate::state::Snapshot;
use crate::store::chain;

use super::Ledger;

/// `isValidSignature(bytes32,bytes)`, which is also what the account answers where it accepts.
const SELECTOR: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];
const WORD: usize = 32;

impl Ledger {
    /// Whether `account` accepts `signature` over `digest`, at the head, with at most `gas_limit`.
    ///
    /// Everybody may ask that one question of any account, but no more: what the account calls to find the answer is
    /// judged like a read by a wallet without roles, so that nobody reads another contract through it. An account that
    /// reverts, runs out of gas, is denied or answers anything else does not accept.
    ///
    /// # Errors
    /// Those of the store.
    pub fn signature_valid(
        &self,
        account: Address,
        digest: B256,
        signature: &[u8],
        gas_limit: u64,
    ) -> Result<bool> {
        let (head, mut state) =
            self.store.view(|transaction| Ok((chain::head(transaction)?, Snapshot::new(transaction)?)))?;
        let policy = self.policy();
        let question = SignatureQuestion::new(&policy.0, account);
        let context = self.next_block(&head, head.timestamp);
        let mut executor = Executor::new(&mut state, &question, self.genesis.chain_id);
        executor.begin_block(&context);
        let call = executor::CallRequest {
            sender: Address::ZERO,
            to: Some(account),
            data: call_data(digest, signature),
            value: U256::ZERO,
            gas_limit,
        };
        match executor.call(&call, Judging::Read).map_err(crate::error::LedgerError::from) {
            Ok(outcome) => Ok(outcome.status && accepts(&outcome.output)),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The policy in force, with the one question added that a wallet without roles may ask of one account.
struct SignatureQuestion<'p> {
    policy: &'p prividium_policy::PolicyTable,
    account: Address,
    asker: Vec<u8>,
    rule: Vec<u8>,
}

impl<'p> SignatureQuestion<'p> {
    fn new(policy: &'p prividium_policy::PolicyTable, account: Address) -> Self {
        let asker = encode_wallet(false, &[]);
        let rule = encode_rule(RuleKind::Public, AccessKind::Read, false, &[], &[]);
        Self { policy, account, asker, rule }
    }
}

impl PolicyView for SignatureQuestion<'_> {
    type Error = Infallible;

    fn wallet(&self, _: &prividium_policy::Address) -> std::result::Result<Option<Wallet<'_>>, Infallible> {
        Ok(Wallet::parse(&self.asker).ok())
    }

    fn rule(
        &self,
        target: &prividium_policy::Address,
        selector: Selector,
    ) -> std::result::Result<Option<Rule<'_>>, Infallible> {
        if *target == self.account.0 .0 && selector == Some(SELECTOR) {
            return Ok(Rule::parse(&self.rule).ok());
        }
        self.policy.rule(target, selector)
    }
}

fn call_data(digest: B256, signature: &[u8]) -> Bytes {
    let padding = signature.len().next_multiple_of(WORD) - signature.len();
    let mut data = Vec::with_capacity(4 + 3 * WORD + signature.len() + padding);
    data.extend(SELECTOR);
    data.extend(digest);
    data.extend(U256::from(2 * WORD).to_be_bytes::<WORD>());
    data.extend(U256::from(signature.len()).to_be_bytes::<WORD>());
    data.extend(signature);
    data.resize(data.len() + padding, 0);
    data.into()
}

/// A `bytes4` fills a word from the left; what follows the first word is not looked at.
fn accepts(output: &[u8]) -> bool {
    output.len() >= WORD && output[..4] == SELECTOR && output[4..WORD].iter().all(|byte| *byte == 0)
}
