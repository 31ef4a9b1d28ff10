//! Reading the chain id out of a signed envelope, for callers that take transactions of any chain.

/// The chain id that a signed EIP-2718 envelope names. `None` if it names none or is no RLP; whoever decodes it then
/// says what is wrong.
pub(crate) fn chain_id_of(raw: &[u8]) -> Option<u64> {
    let (kind, body) = match raw {
        [0xc0..=0xff, ..] => (0, raw),
        [kind, body @ ..] => (*kind, body),
        [] => return None,
    };
    let mut fields = item(body)?.0;
    if kind != 0 {
        return integer(item(fields)?.0);
    }
    // Legacy: v is the seventh field, 35 + 2 · chainId + parity (EIP-155).
    for _ in 0..6 {
        fields = item(fields)?.1;
    }
    integer(item(fields)?.0)?.checked_sub(35).map(|v| v / 2)
}

/// Payload of the first RLP item, and what follows it.
fn item(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => return Some((&bytes[..1], rest)),
        0x80..=0xb7 => (usize::from(first - 0x80), rest),
        0xb8..=0xbf => long(usize::from(first - 0xb7), rest)?,
        0xc0..=0xf7 => (usize::from(first - 0xc0), rest),
        0xf8..=0xff => long(usize::from(first - 0xf7), rest)?,
    };
    rest.split_at_checked(length)
}

fn long(width: usize, rest: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = rest.split_at_checked(width)?;
    Some((usize::try_from(integer(length)?).ok()?, rest))
}

fn integer(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::chain_id_of;

    #[test]
    fn a_legacy_envelope_names_its_chain_in_v() {
        // nonce, price, gas, to, value, data all empty; v = 35 + 2 · 6565 + 1
        let raw = [0xcb, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x82, 0x33, 0x6e, 0x80, 0x80];
        assert_eq!(chain_id_of(&raw), Some(6565));
    }

    #[test]
    fn a_typed_envelope_names_its_chain_first() {
        assert_eq!(chain_id_of(&[2, 0xc3, 0x82, 0x19, 0xa5]), Some(6565));
    }

    #[test]
    fn other_bytes_name_no_chain() {
        for raw in [&[][..], &[2], &[0xc0], &[0xf8, 0xff], &[0xff; 12], &[1, 0xc9, 0x88]] {
            assert_eq!(chain_id_of(raw), None, "{raw:02x?}");
        }
    }
}
