//! The decision table of policy.md, row by row.

use prividium_policy::{
    decide, encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, EntryError, Frame,
    OpenedError, OpenedPolicy, PolicyRecorder, PolicyTable, PolicyView, Question, RuleKind, TableError,
};
use prividium_state::salt::SaltSecret;
use prividium_state::{WordReader, WordWriter};

const SIGNER: [u8; 20] = [1; 20];
const STRANGER: [u8; 20] = [2; 20];
const TARGET: [u8; 20] = [9; 20];
const ROLE: u32 = 5;

fn secret() -> SaltSecret {
    SaltSecret::new([3; 32])
}

fn rule_key(selector: u8) -> Vec<u8> {
    let (preimage, length) = rule_preimage(&TARGET, Some([selector; 4]));
    preimage[..length].to_vec()
}

fn table(rule: Option<Vec<u8>>, deploys: bool, roles: &[u32]) -> PolicyTable {
    let mut entries = vec![(wallet_preimage(&SIGNER).to_vec(), encode_wallet(deploys, roles))];
    entries.extend(rule.map(|bytes| (rule_key(0xaa), bytes)));
    PolicyTable::new(1, entries, &secret()).unwrap()
}

/// Data for selector aa with address arguments.
fn data(arguments: &[[u8; 20]]) -> Vec<u8> {
    let mut data = vec![0xaa; 4];
    for argument in arguments {
        data.extend([0; 12]);
        data.extend(argument);
    }
    data
}

struct Case {
    signer: [u8; 20],
    data: Vec<u8>,
    access: AccessKind,
    has_code: bool,
    is_precompile: bool,
    below_umbrella: bool,
    has_authorizations: bool,
    creates: bool,
}

fn call(data: Vec<u8>) -> Case {
    Case {
        signer: SIGNER,
        data,
        access: AccessKind::Write,
        has_code: true,
        is_precompile: false,
        below_umbrella: false,
        has_authorizations: false,
        creates: false,
    }
}

fn ask(table: &PolicyTable, case: &Case) -> &'static str {
    let Ok(wallet) = table.wallet(&case.signer);
    let frame = if case.creates {
        Frame::Creation
    } else {
        Frame::Call {
            target: &TARGET,
            data: &case.data,
            is_precompile: case.is_precompile,
            has_code: case.has_code,
        }
    };
    let question = Question {
        signer: &case.signer,
        wallet,
        frame,
        access: case.access,
        below_umbrella: case.below_umbrella,
        has_authorizations: case.has_authorizations,
        timestamp: 0,
    };
    let Ok(decision) = decide(table, &question);
    match decision {
        Ok(allow) => allow.reason.id(),
        Err(denial) => denial.reason.id(),
    }
}

fn rule(kind: RuleKind, roles: &[u32], arguments: &[u16]) -> Option<Vec<u8>> {
    Some(encode_rule(kind, AccessKind::Write, false, roles, arguments))
}

#[test]
fn the_first_row_that_applies_decides() {
    let open = table(rule(RuleKind::Public, &[], &[]), false, &[]);
    let deployer = table(rule(RuleKind::Public, &[], &[]), true, &[]);
    let closed = table(None, false, &[]);
    let base = || call(data(&[]));
    assert_eq!(ask(&open, &Case { signer: STRANGER, ..base() }), "wallet.not_linked");
    assert_eq!(ask(&open, &Case { signer: STRANGER, creates: true, ..base() }), "wallet.not_linked");
    assert_eq!(ask(&deployer, &Case { creates: true, ..base() }), "deploy.allow");
    assert_eq!(ask(&open, &Case { creates: true, ..base() }), "deploy.permission_missing");
    let below = Case { creates: true, below_umbrella: true, ..base() };
    assert_eq!(ask(&open, &below), "deploy.permission_missing");
    let delegating = Case { has_authorizations: true, has_code: false, ..base() };
    assert_eq!(ask(&open, &delegating), "delegation.permission_missing");
    assert_eq!(ask(&deployer, &delegating), "transfer.native.allow");
    assert_eq!(ask(&closed, &Case { below_umbrella: true, ..base() }), "umbrella.allow");
    assert_eq!(ask(&closed, &Case { is_precompile: true, has_code: false, ..base() }), "precompile.allow");
    assert_eq!(ask(&closed, &Case { has_code: false, ..base() }), "transfer.native.allow");
    assert_eq!(ask(&closed, &base()), "permission.missing");
    assert_eq!(ask(&open, &call(vec![0xaa; 3])), "permission.missing");
    assert_eq!(ask(&open, &base()), "rule.public.allow");
}

#[test]
fn a_read_rule_permits_no_write_and_a_write_rule_permits_reads() {
    let read = encode_rule(RuleKind::Public, AccessKind::Read, false, &[], &[]);
    let reads = table(Some(read), false, &[]);
    assert_eq!(ask(&reads, &call(data(&[]))), "permission.access_type_mismatch");
    assert_eq!(ask(&reads, &Case { access: AccessKind::Read, ..call(data(&[])) }), "rule.public.allow");
    let writes = table(rule(RuleKind::Public, &[], &[]), false, &[]);
    assert_eq!(ask(&writes, &Case { access: AccessKind::Read, ..call(data(&[])) }), "rule.public.allow");
}

#[test]
fn every_rule_type_decides_by_role_and_arguments() {
    use RuleKind::*;
    let own = data(&[SIGNER, STRANGER]);
    let foreign = data(&[STRANGER, SIGNER]);
    let short = data(&[]);
    let mut crooked = data(&[SIGNER, SIGNER]);
    crooked[4] = 1;
    let with: &[u32] = &[1, ROLE];
    let without: &[u32] = &[1];
    let cases: [(RuleKind, &[u32], &Vec<u8>, &str); 17] = [
        (Forbidden, with, &own, "rule.forbidden.deny"),
        (Public, without, &foreign, "rule.public.allow"),
        (CheckRole, with, &foreign, "rule.check_role.allow"),
        (CheckRole, without, &own, "rule.check_role.deny"),
        (RestrictArgument, without, &own, "rule.restrict_argument.allow"),
        (RestrictArgument, with, &foreign, "rule.restrict_argument.deny"),
        (RestrictArgument, with, &short, "rule.restrict_argument.decode_failed"),
        (RestrictArgument, with, &crooked, "rule.restrict_argument.decode_failed"),
        (CheckRoleAndRestrictArgument, with, &own, "rule.and.allow"),
        (CheckRoleAndRestrictArgument, without, &own, "rule.and.deny_role"),
        (CheckRoleAndRestrictArgument, with, &foreign, "rule.and.deny_args"),
        (CheckRoleAndRestrictArgument, with, &short, "rule.and.deny_args"),
        (CheckRoleOrRestrictArgument, with, &foreign, "rule.or.allow_role"),
        (CheckRoleOrRestrictArgument, without, &own, "rule.or.allow_args"),
        (CheckRoleOrRestrictArgument, without, &foreign, "rule.or.deny_both"),
        (CheckRoleOrRestrictArgument, without, &short, "rule.or.deny_both"),
        (CheckRoleOrRestrictArgument, with, &short, "rule.or.allow_role"),
    ];
    for (kind, roles, data, expected) in cases {
        let table = table(rule(kind, &[2, ROLE], &[0]), false, roles);
        assert_eq!(ask(&table, &call(data.clone())), expected, "{kind:?} {roles:?}");
    }
}

#[test]
fn all_restricted_arguments_must_be_the_signer() {
    let table = table(rule(RuleKind::RestrictArgument, &[], &[0, 1]), false, &[]);
    assert_eq!(ask(&table, &call(data(&[SIGNER, SIGNER]))), "rule.restrict_argument.allow");
    assert_eq!(ask(&table, &call(data(&[SIGNER, STRANGER]))), "rule.restrict_argument.deny");
    assert_eq!(ask(&table, &call(data(&[STRANGER]))), "rule.restrict_argument.decode_failed");
}

#[test]
fn entries_outside_their_form_make_no_table() {
    let wallet = wallet_preimage(&SIGNER).to_vec();
    let make = |entries| PolicyTable::new(1, entries, &secret()).map(drop);
    let entry = |key: &[u8], bytes: &[u8]| make(vec![(key.to_vec(), bytes.to_vec())]);
    let bad = |key: &[u8], error| Err(TableError::Entry(key.to_vec(), error));
    assert_eq!(entry(&wallet, &[2, 0, 0]), bad(&wallet, EntryError::Bytes));
    assert_eq!(entry(&wallet, &[0, 0, 1]), bad(&wallet, EntryError::Bytes));
    assert_eq!(entry(&wallet, &[0, 0, 0, 0]), bad(&wallet, EntryError::Bytes));
    assert_eq!(entry(&wallet, &[0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2]), bad(&wallet, EntryError::RoleOrder));
    assert_eq!(entry(&wallet[..20], &[0, 0, 0]), bad(&wallet[..20], EntryError::Preimage));
    let rule = rule_key(1);
    assert_eq!(entry(&rule, &[6, 2, 0, 0, 0, 0]), bad(&rule, EntryError::Bytes));
    assert_eq!(entry(&rule, &[1, 0, 0, 0, 0, 0]), bad(&rule, EntryError::Bytes));
    assert_eq!(entry(&rule, &[1, 2, 2, 0, 0, 0]), bad(&rule, EntryError::Bytes));
    assert_eq!(entry(&rule, &[1, 2, 0, 0, 0, 1]), bad(&rule, EntryError::Bytes));
    assert_eq!(entry(&rule, &[2, 2, 0, 0, 0, 0]), bad(&rule, EntryError::RoleMissing));
    assert_eq!(entry(&rule, &[3, 2, 0, 0, 0, 0]), bad(&rule, EntryError::ArgumentMissing));
    let twice = vec![(wallet.clone(), vec![0, 0, 0]), (wallet.clone(), vec![1, 0, 0])];
    assert_eq!(make(twice), Err(TableError::Duplicate(wallet)));
}

#[test]
fn an_opened_policy_answers_what_was_recorded_and_nothing_else() {
    let table = table(rule(RuleKind::Public, &[], &[]), true, &[ROLE]);
    let recorder = PolicyRecorder::new(&table);
    let Ok(_) = recorder.wallet(&SIGNER);
    let Ok(_) = recorder.wallet(&STRANGER);
    let mut out = WordWriter::new();
    recorder.write(&mut out).unwrap();
    let words = out.into_words();
    let opened = OpenedPolicy::read(&mut WordReader::new(&words)).unwrap();
    assert_eq!(opened.root(), Ok(table.root()));
    assert_eq!(opened.finish(), Err(OpenedError::Surplus));
    let Ok(expected) = table.wallet(&SIGNER);
    assert_eq!(opened.wallet(&SIGNER), Ok(expected));
    assert_eq!(opened.wallet(&STRANGER), Ok(None));
    assert_eq!(opened.finish(), Ok(()));
}

#[test]
fn an_entry_that_is_in_the_tree_but_not_opened_is_an_error_not_an_absence() {
    let table = table(rule(RuleKind::Public, &[], &[]), true, &[ROLE]);
    let recorder = PolicyRecorder::new(&table);
    let Ok(_) = recorder.wallet(&SIGNER);
    let Ok(_) = recorder.rule(&TARGET, Some([0xaa; 4]));
    let mut out = WordWriter::new();
    recorder.write(&mut out).unwrap();
    let words = out.into_words();
    // drop the second entry, keep the tree: count, lengths, preimage (26 bytes), entry (6 bytes), salt
    let first = 1 + 1 + 6 + 2 + 6;
    let second = 1 + 7 + 2 + 6;
    let mut cut = words.clone();
    cut[0] = 1;
    cut.drain(first..first + second);
    let opened = OpenedPolicy::read(&mut WordReader::new(&cut)).unwrap();
    assert_eq!(opened.rule(&TARGET, Some([0xaa; 4])), Err(OpenedError::Missing));
}
