//! Entries with conditions: what is one, and when they apply.

use prividium_policy::encode::{
    add_conditions, encode_owned_wallet, is_between, is_one_of, is_signer, limit_calls, limit_sum, Draft,
    EVERY_ELEMENT,
};
use prividium_policy::{
    decide, encode_rule, rule_preimage, wallet_preimage, AccessKind, Amount, Decision, EntryError, Frame,
    PolicyTable, PolicyView, Question, RuleKind, TableError,
};
use prividium_state::salt::SaltSecret;

const SIGNER: [u8; 20] = [1; 20];
const TARGET: [u8; 20] = [9; 20];
const SELECTOR: [u8; 4] = [0xaa; 4];
const UINT: u8 = 0x20;
const ADDRESS: u8 = 0x14;

fn rule_key() -> Vec<u8> {
    let (preimage, length) = rule_preimage(&TARGET, Some(SELECTOR));
    preimage[..length].to_vec()
}

fn rule(kind: RuleKind, conditions: &Draft) -> Vec<u8> {
    add_conditions(encode_rule(kind, AccessKind::Write, false, &[], &[]), conditions)
}

fn table(rule: Vec<u8>) -> Result<PolicyTable, TableError> {
    let wallet = (wallet_preimage(&SIGNER).to_vec(), encode_owned_wallet(false, &[], &[7; 16]));
    PolicyTable::new(1, vec![wallet, (rule_key(), rule)], &SaltSecret::new([3; 32]))
}

fn ask(table: &PolicyTable, data: &[u8], access: AccessKind, timestamp: u64) -> Decision {
    let Ok(wallet) = table.wallet(&SIGNER);
    let question = Question {
        signer: &SIGNER,
        wallet,
        frame: Frame::Call { target: &TARGET, data, is_precompile: false, has_code: true },
        access,
        below_umbrella: false,
        has_authorizations: false,
        timestamp,
    };
    let Ok(decision) = decide(table, &question);
    decision
}

fn reason(table: &PolicyTable, data: &[u8], timestamp: u64) -> &'static str {
    match ask(table, data, AccessKind::Write, timestamp) {
        Ok(allow) => allow.reason.id(),
        Err(denial) => denial.reason.id(),
    }
}

fn word(value: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

fn amount(value: u64) -> Amount {
    Amount::from_bytes(word(value)[8..].try_into().unwrap())
}

#[test]
fn a_rule_applies_from_its_start_until_before_its_end() {
    let draft = Draft { valid_from: 100, valid_until: 200, ..Draft::default() };
    let table = table(rule(RuleKind::Public, &draft)).unwrap();
    let at = |timestamp| reason(&table, &SELECTOR, timestamp);
    assert_eq!(at(99), "grant.not_started");
    assert_eq!(at(100), "rule.public.allow");
    assert_eq!(at(199), "rule.public.allow");
    assert_eq!(at(200), "grant.expired");
    let Err(denial) = ask(&table, &SELECTOR, AccessKind::Read, 200) else { panic!("a read ends too") };
    assert_eq!(denial.reason.id(), "grant.expired");
}

#[test]
fn writes_are_charged_to_every_limit_and_reads_to_none() {
    let draft = Draft {
        types: vec![0xc2, 1, 0xc0, UINT],
        limits: vec![limit_calls(60, amount(5)), limit_sum(3600, &[0, EVERY_ELEMENT], amount(100))],
        ..Draft::default()
    };
    let table = table(rule(RuleKind::Public, &draft)).unwrap();
    let words = [word(32), word(2), word(30), word(12)].concat();
    let data = [&SELECTOR[..], &words].concat();
    let charges = ask(&table, &data, AccessKind::Write, 7300).unwrap().charges;
    let shown: Vec<_> = charges.iter().map(|c| (c.period, c.amount, c.maximum)).collect();
    assert_eq!(shown, [(121, Some(amount(1)), amount(5)), (2, Some(amount(42)), amount(100))]);
    assert_ne!(charges[0].slot, charges[1].slot);
    assert!(ask(&table, &data, AccessKind::Read, 7300).unwrap().charges.is_empty());
}

#[test]
fn a_counter_begins_anew_with_its_period_and_stops_at_its_maximum() {
    let draft = Draft { limits: vec![limit_calls(60, amount(2))], ..Draft::default() };
    let table = table(rule(RuleKind::Public, &draft)).unwrap();
    let charge = |timestamp| ask(&table, &SELECTOR, AccessKind::Write, timestamp).unwrap().charges[0];
    let once = charge(60).apply(&[0; 32]).unwrap();
    let twice = charge(119).apply(&once).unwrap();
    assert_eq!((once[7], once[31], twice[7], twice[31]), (1, 1, 1, 2));
    assert_eq!(charge(119).apply(&twice), None);
    assert_eq!(charge(120).apply(&twice).unwrap()[31], 1);
}

#[test]
fn entries_outside_their_form_make_no_table() {
    use EntryError as E;
    let types = vec![0xc2, 2, ADDRESS, UINT];
    let with = |predicates: Vec<Vec<u8>>| Draft { types: types.clone(), predicates, ..Draft::default() };
    let of = |kind: u8| Draft {
        types: vec![0xc2, 1, kind],
        predicates: vec![is_signer(&[0])],
        ..Draft::default()
    };
    let limited = |limits| Draft { limits, ..Draft::default() };
    let deep = [vec![0xc2, 1], vec![0xc0; 8], vec![UINT]].concat();
    let cases = [
        (Draft::default(), E::Bytes),
        (Draft { valid_from: 5, valid_until: 5, ..Draft::default() }, E::Validity),
        (with(vec![]), E::Bytes),
        (Draft { types: types.clone(), ..limited(vec![limit_calls(1, amount(1))]) }, E::ArgumentType),
        (Draft { types: vec![UINT], ..with(vec![is_between(&[], &word(0), &word(1))]) }, E::ArgumentType),
        (of(0x21), E::ArgumentType),
        (of(0x40), E::ArgumentType),
        (of(0xa1), E::ArgumentType),
        (of(0xff), E::ArgumentType),
        (Draft { types: vec![0xc2, 0], ..with(vec![is_signer(&[0])]) }, E::ArgumentType),
        (Draft { types: vec![0xc2, 1, 0xc1, 0, 0, UINT], ..with(vec![is_signer(&[0])]) }, E::ArgumentType),
        (
            Draft { types: vec![0xc2, 1, 0xc1, 0xff, 0xff, UINT], ..with(vec![is_signer(&[0])]) },
            E::ArgumentType,
        ),
        (Draft { types: deep, ..with(vec![is_signer(&[0])]) }, E::ArgumentType),
        (Draft { types: vec![0xc2, 1, UINT, UINT], ..with(vec![is_signer(&[0])]) }, E::ArgumentType),
        (with(vec![is_signer(&[2])]), E::Path),
        (with(vec![is_signer(&[0, 0])]), E::Path),
        (with(vec![is_signer(&[])]), E::Path),
        (with(vec![is_signer(&[EVERY_ELEMENT])]), E::Path),
        (of(0xb0), E::Path),
        (with(vec![is_signer(&[1])]), E::Predicate),
        (with(vec![is_one_of(&[1], &[])]), E::Predicate),
        (with(vec![is_one_of(&[1], &[word(2), word(1)])]), E::Predicate),
        (with(vec![is_one_of(&[1], &[word(1), word(1)])]), E::Predicate),
        (with(vec![is_one_of(&[0], &[[1; 32]])]), E::Predicate),
        (with(vec![is_between(&[1], &word(2), &word(1))]), E::Predicate),
        (limited(vec![limit_calls(0, amount(1))]), E::Limit),
        (limited(vec![limit_calls(1, amount(1)), limit_calls(1, amount(2))]), E::Limit),
        (limited(vec![limit_calls(2, amount(1)), limit_calls(1, amount(2))]), E::Limit),
        (limited(vec![limit_sum(1, &[0], amount(1))]), E::Path),
        (Draft { types: vec![0xc2, 1, 0x60], ..limited(vec![limit_sum(1, &[0], amount(1))]) }, E::Limit),
    ];
    for (draft, expected) in cases {
        let made = table(rule(RuleKind::RestrictArgument, &draft)).map(drop);
        assert_eq!(made, Err(TableError::Entry(rule_key(), expected)), "{draft:02x?}");
    }
    let right = with(vec![is_signer(&[0])]);
    assert!(table(rule(RuleKind::RestrictArgument, &right)).is_ok());
    let unused = table(rule(RuleKind::Public, &right)).map(drop);
    assert_eq!(unused, Err(TableError::Entry(rule_key(), E::Predicate)));
    let mut unflagged = rule(RuleKind::RestrictArgument, &right);
    unflagged[2] = 0;
    assert_eq!(table(unflagged).map(drop), Err(TableError::Entry(rule_key(), E::Bytes)));
    let span = Draft { valid_from: 1, ..Draft::default() };
    let missing = table(rule(RuleKind::RestrictArgument, &span)).map(drop);
    assert_eq!(missing, Err(TableError::Entry(rule_key(), E::ArgumentMissing)));
}

#[test]
fn an_owner_has_sixteen_bytes() {
    let mut wallet = encode_owned_wallet(true, &[], &[7; 16]);
    wallet.pop();
    let made =
        PolicyTable::new(1, vec![(wallet_preimage(&SIGNER).to_vec(), wallet)], &SaltSecret::new([3; 32]));
    assert_eq!(made.unwrap_err(), TableError::Entry(wallet_preimage(&SIGNER).to_vec(), EntryError::Bytes));
}
