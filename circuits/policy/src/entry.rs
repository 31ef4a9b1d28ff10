//! Entries of the table: their keys, their bytes, and reading them in place.

use alloc::vec::Vec;

use crate::conditions::Conditions;
use crate::Address;

/// First four bytes of call data; `None` for shorter data.
pub type Selector = Option<[u8; 4]>;

const WALLET: u8 = 0x10;
const RULE: u8 = 0x12;

const MAY_DEPLOY: u8 = 1;
pub(crate) const HAS_OWNER: u8 = 2;

const UMBRELLA: u8 = 1;
pub(crate) const HAS_CONDITIONS: u8 = 2;

/// Whose wallet it is: the wallets of one owner share the counters of limits.
pub type Owner = [u8; 16];

/// Key preimage of a wallet entry: `10 ‖ address20`.
#[must_use]
pub fn wallet_preimage(address: &Address) -> [u8; 21] {
    let mut preimage = [WALLET; 21];
    preimage[1..].copy_from_slice(address);
    preimage
}

/// Key preimage of a rule: `12 ‖ address20 ‖ 04 ‖ selector4`, or `12 ‖ address20 ‖ 00` for data without a selector.
#[must_use]
pub fn rule_preimage(target: &Address, selector: Selector) -> ([u8; 26], usize) {
    let mut preimage = [0; 26];
    preimage[0] = RULE;
    preimage[1..21].copy_from_slice(target);
    let Some(selector) = selector else {
        return (preimage, 22);
    };
    preimage[21] = 4;
    preimage[22..].copy_from_slice(&selector);
    (preimage, 26)
}

/// Bytes that are no entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryError {
    /// The key preimage has no form of policy.md.
    Preimage,
    /// Too short, too long or an unknown value.
    Bytes,
    /// Roles are not ascending and unique.
    RoleOrder,
    /// The type needs a role.
    RoleMissing,
    /// The type needs an argument.
    ArgumentMissing,
    /// A type of an argument has no form, or no condition uses the types.
    ArgumentType,
    /// A path leads to no single word.
    Path,
    /// A predicate has no form, or does not fit the argument's type.
    Predicate,
    /// A limit has no form, does not fit the argument's type, or limits are not ascending and unique.
    Limit,
    /// A time span that ends before it begins.
    Validity,
}

impl EntryError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Preimage => "policy_preimage_invalid",
            Self::Bytes => "policy_entry_invalid",
            Self::RoleOrder => "policy_role_order",
            Self::RoleMissing => "policy_role_missing",
            Self::ArgumentMissing => "policy_argument_missing",
            Self::ArgumentType => "policy_argument_type",
            Self::Path => "policy_argument_path",
            Self::Predicate => "policy_predicate_invalid",
            Self::Limit => "policy_limit_invalid",
            Self::Validity => "policy_validity_invalid",
        }
    }
}

impl core::fmt::Display for EntryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

/// Ascending role ids, big-endian, four bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roles<'a>(&'a [u8]);

impl<'a> Roles<'a> {
    fn read(bytes: &mut &'a [u8]) -> Result<Self, EntryError> {
        let count = u16::from_be_bytes(take(bytes)?);
        let length = usize::from(count) * 4;
        if length > bytes.len() {
            return Err(EntryError::Bytes);
        }
        let (head, rest) = bytes.split_at(length);
        *bytes = rest;
        let roles = Self(head);
        if roles.iter().zip(roles.iter().skip(1)).any(|(a, b)| a >= b) {
            return Err(EntryError::RoleOrder);
        }
        Ok(roles)
    }

    /// The ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + 'a {
        self.0.chunks_exact(4).map(|id| u32::from_be_bytes([id[0], id[1], id[2], id[3]]))
    }

    /// Whether the two sets have a role in common.
    #[must_use]
    pub fn intersects(&self, other: &Roles<'_>) -> bool {
        let (mut mine, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match a.cmp(b) {
                core::cmp::Ordering::Equal => return true,
                core::cmp::Ordering::Less => drop(mine.next()),
                core::cmp::Ordering::Greater => drop(theirs.next()),
            }
        }
        false
    }
}

/// What a wallet's owner may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wallet<'a> {
    /// Whether its owner may create contracts.
    pub contract_deployment: bool,
    /// The owner's roles.
    pub roles: Roles<'a>,
    /// `None` if the wallet stands for itself.
    owner: Option<&'a Owner>,
}

impl<'a> Wallet<'a> {
    /// Reads an entry.
    ///
    /// # Errors
    /// `Bytes`, `RoleOrder`.
    pub fn parse(mut bytes: &'a [u8]) -> Result<Self, EntryError> {
        let [permissions] = take(&mut bytes)?;
        let contract_deployment = permissions & MAY_DEPLOY != 0;
        let roles = Roles::read(&mut bytes)?;
        let owner = if permissions & HAS_OWNER == 0 { None } else { Some(take_owner(&mut bytes)?) };
        if permissions > MAY_DEPLOY | HAS_OWNER || !bytes.is_empty() {
            return Err(EntryError::Bytes);
        }
        Ok(Self { contract_deployment, roles, owner })
    }

    /// Whom counters count: the owner and four zero bytes, or the wallet's own address.
    pub(crate) fn counted_as(&self, address: &Address) -> [u8; 20] {
        let Some(owner) = self.owner else {
            return *address;
        };
        let mut counted = [0; 20];
        counted[..owner.len()].copy_from_slice(owner);
        counted
    }
}

/// Whether a call may change state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessKind {
    /// It cannot.
    Read,
    /// It can.
    Write,
}

/// How a rule decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleKind {
    /// Nobody may call.
    Forbidden,
    /// Every linked wallet may call.
    Public,
    /// A role is needed.
    CheckRole,
    /// The restricted arguments must be the signer.
    RestrictArgument,
    /// Both of the former.
    CheckRoleAndRestrictArgument,
    /// One of them.
    CheckRoleOrRestrictArgument,
}

/// A rule for one function of one contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule<'a> {
    /// How it decides.
    pub kind: RuleKind,
    /// The strongest access it permits.
    pub access: AccessKind,
    /// Whether calls below are not judged.
    pub umbrella: bool,
    /// Roles that satisfy it.
    pub roles: Roles<'a>,
    arguments: &'a [u8],
    conditions: &'a [u8],
}

impl<'a> Rule<'a> {
    /// Reads an entry.
    ///
    /// # Errors
    /// See [`EntryError`].
    pub fn parse(mut bytes: &'a [u8]) -> Result<Self, EntryError> {
        let [kind, access, flags] = take(&mut bytes)?;
        let kind = match kind {
            0 => RuleKind::Forbidden,
            1 => RuleKind::Public,
            2 => RuleKind::CheckRole,
            3 => RuleKind::RestrictArgument,
            4 => RuleKind::CheckRoleAndRestrictArgument,
            5 => RuleKind::CheckRoleOrRestrictArgument,
            _ => return Err(EntryError::Bytes),
        };
        let access = match access {
            1 => AccessKind::Read,
            2 => AccessKind::Write,
            _ => return Err(EntryError::Bytes),
        };
        let roles = Roles::read(&mut bytes)?;
        let [count] = take(&mut bytes)?;
        let (arguments, rest) = bytes.split_at_checked(usize::from(count) * 2).ok_or(EntryError::Bytes)?;
        let has_conditions = flags & HAS_CONDITIONS != 0;
        if flags > UMBRELLA | HAS_CONDITIONS || has_conditions == rest.is_empty() {
            return Err(EntryError::Bytes);
        }
        let has_predicates = has_conditions && Conditions::parse(rest)?.has_predicates();
        let needs_role = !matches!(kind, RuleKind::Forbidden | RuleKind::Public | RuleKind::RestrictArgument);
        let needs_argument = !matches!(kind, RuleKind::Forbidden | RuleKind::Public | RuleKind::CheckRole);
        if needs_role && roles.0.is_empty() {
            return Err(EntryError::RoleMissing);
        }
        if needs_argument && arguments.is_empty() && !has_predicates {
            return Err(EntryError::ArgumentMissing);
        }
        if has_predicates && !needs_argument {
            return Err(EntryError::Predicate);
        }
        Ok(Self { kind, access, umbrella: flags & UMBRELLA != 0, roles, arguments, conditions: rest })
    }

    /// What it asks beyond its type, if anything. Read again where it is needed: most rules have none, and a rule that is
    /// moved costs its size in the proof.
    pub(crate) fn conditions(&self) -> Result<Option<Conditions<'a>>, EntryError> {
        if self.conditions.is_empty() {
            return Ok(None);
        }
        Conditions::parse(self.conditions).map(Some)
    }

    /// Positions of the restricted arguments, in 32-byte words after the selector.
    pub fn arguments(&self) -> impl Iterator<Item = u16> + 'a {
        self.arguments.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]))
    }
}

/// Checks that `bytes` are a valid entry under `preimage`.
pub(crate) fn validate(preimage: &[u8], bytes: &[u8]) -> Result<(), EntryError> {
    match (preimage.first(), preimage.len()) {
        (Some(&WALLET), 21) => Wallet::parse(bytes).map(drop),
        (Some(&RULE), 22) if preimage[21] == 0 => Rule::parse(bytes).map(drop),
        (Some(&RULE), 26) if preimage[21] == 4 => Rule::parse(bytes).map(drop),
        _ => Err(EntryError::Preimage),
    }
}

pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], EntryError> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(EntryError::Bytes)?;
    *bytes = rest;
    Ok(*head)
}

fn take_owner<'a>(bytes: &mut &'a [u8]) -> Result<&'a Owner, EntryError> {
    let (owner, rest) = bytes.split_first_chunk().ok_or(EntryError::Bytes)?;
    *bytes = rest;
    Ok(owner)
}

/// Bytes of a wallet entry.
#[must_use]
pub fn encode_wallet(contract_deployment: bool, roles: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::from([u8::from(contract_deployment)]);
    push_roles(&mut bytes, roles);
    bytes
}

/// Bytes of a rule entry.
#[must_use]
pub fn encode_rule(
    kind: RuleKind,
    access: AccessKind,
    umbrella: bool,
    roles: &[u32],
    arguments: &[u16],
) -> Vec<u8> {
    let access = match access {
        AccessKind::Read => 1,
        AccessKind::Write => 2,
    };
    let mut bytes = Vec::from([kind as u8, access, u8::from(umbrella)]);
    push_roles(&mut bytes, roles);
    bytes.push(arguments.len() as u8);
    bytes.extend(arguments.iter().flat_map(|word| word.to_be_bytes()));
    bytes
}

fn push_roles(bytes: &mut Vec<u8>, roles: &[u32]) {
    bytes.extend((roles.len() as u16).to_be_bytes());
    bytes.extend(roles.iter().flat_map(|role| role.to_be_bytes()));
}
