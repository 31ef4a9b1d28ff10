//! Identifiers of decisions: part of the wire contract.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        /// Why a call was allowed or denied.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Reason { $($(#[$doc])* $name),+ }

        impl Reason {
            /// Stable identifier, as in policy.md.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }
        }
    };
}

reasons! {
    /// The signer has no wallet entry.
    WalletNotLinked = "wallet.not_linked",
    /// The signer may create contracts.
    DeployAllow = "deploy.allow",
    /// The signer may not create contracts.
    DeployPermissionMissing = "deploy.permission_missing",
    /// EIP-7702 authorizations need the permission to create contracts.
    DelegationPermissionMissing = "delegation.permission_missing",
    /// The frame lies below an umbrella call.
    UmbrellaAllow = "umbrella.allow",
    /// The target is a precompiled contract.
    PrecompileAllow = "precompile.allow",
    /// The target has no code.
    TransferNativeAllow = "transfer.native.allow",
    /// There is no rule for the target and selector.
    PermissionMissing = "permission.missing",
    /// A write under a rule for reads.
    AccessTypeMismatch = "permission.access_type_mismatch",
    /// The rule's time has not come.
    GrantNotStarted = "grant.not_started",
    /// The rule's time is over.
    GrantExpired = "grant.expired",
    /// The rule forbids the call to all.
    ForbiddenDeny = "rule.forbidden.deny",
    /// The rule allows the call to all.
    PublicAllow = "rule.public.allow",
    /// The signer holds a role of the rule.
    CheckRoleAllow = "rule.check_role.allow",
    /// The signer holds no role of the rule.
    CheckRoleDeny = "rule.check_role.deny",
    /// Every restricted argument is the signer, and every predicate holds.
    RestrictArgumentAllow = "rule.restrict_argument.allow",
    /// A restricted argument is another address, or a predicate does not hold.
    RestrictArgumentDeny = "rule.restrict_argument.deny",
    /// A restricted argument is missing or no address, or the arguments are not canonical.
    RestrictArgumentDecodeFailed = "rule.restrict_argument.decode_failed",
    /// Role and arguments are right.
    AndAllow = "rule.and.allow",
    /// The role is missing where role and arguments are needed.
    AndDenyRole = "rule.and.deny_role",
    /// The arguments are wrong where role and arguments are needed.
    AndDenyArgs = "rule.and.deny_args",
    /// The role suffices.
    OrAllowRole = "rule.or.allow_role",
    /// The arguments suffice.
    OrAllowArgs = "rule.or.allow_args",
    /// Neither role nor arguments are right.
    OrDenyBoth = "rule.or.deny_both",
    /// The call goes beyond what a period permits.
    LimitExceeded = "limit.exceeded",
    /// The arguments that a limit adds up are not canonical.
    LimitDecodeFailed = "limit.decode_failed",
}
