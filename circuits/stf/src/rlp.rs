//! Strict RLP (Ethereum yellow paper, appendix B): one encoding per value, bounds checked, no panic on any input.

use revm::primitives::U256;

/// The input is not canonical RLP of the expected shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RlpError;

/// Reads items from the front of a payload.
#[derive(Clone, Copy)]
pub(crate) struct Rlp<'a>(&'a [u8]);

struct Header {
    is_list: bool,
    length: usize,
}

impl<'a> Rlp<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn skip(&mut self, count: usize) -> Result<&'a [u8], RlpError> {
        if count > self.0.len() {
            return Err(RlpError);
        }
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(head)
    }

    /// Consumes a header. A single byte below 0x80 is its own string: its header is empty.
    fn header(&mut self) -> Result<Header, RlpError> {
        let first = *self.0.first().ok_or(RlpError)?;
        match first {
            0x00..=0x7f => Ok(Header { is_list: false, length: 1 }),
            0x80..=0xb7 => {
                self.skip(1)?;
                let length = usize::from(first - 0x80);
                if length == 1 && self.0.first().is_none_or(|byte| *byte < 0x80) {
                    return Err(RlpError);
                }
                Ok(Header { is_list: false, length })
            }
            0xb8..=0xbf => self.long(first - 0xb7, false),
            0xc0..=0xf7 => {
                self.skip(1)?;
                Ok(Header { is_list: true, length: usize::from(first - 0xc0) })
            }
            0xf8..=0xff => self.long(first - 0xf7, true),
        }
    }

    fn long(&mut self, length_bytes: u8, is_list: bool) -> Result<Header, RlpError> {
        self.skip(1)?;
        let bytes = self.skip(usize::from(length_bytes))?;
        if length_bytes > 4 || bytes[0] == 0 {
            return Err(RlpError);
        }
        let length = bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        match usize::try_from(length) {
            Ok(length) if length > 55 => Ok(Header { is_list, length }),
            _ => Err(RlpError),
        }
    }

    /// A string.
    pub(crate) fn string(&mut self) -> Result<&'a [u8], RlpError> {
        let header = self.header()?;
        if header.is_list {
            return Err(RlpError);
        }
        self.skip(header.length)
    }

    /// The payload of a list.
    pub(crate) fn list(&mut self) -> Result<Self, RlpError> {
        let header = self.header()?;
        if !header.is_list {
            return Err(RlpError);
        }
        self.skip(header.length).map(Self)
    }

    /// A big-endian integer of at most `N` bytes without leading zeros, left-padded.
    fn integer<const N: usize>(&mut self) -> Result<[u8; N], RlpError> {
        let bytes = self.string()?;
        if bytes.len() > N || bytes.first() == Some(&0) {
            return Err(RlpError);
        }
        let mut padded = [0; N];
        padded[N - bytes.len()..].copy_from_slice(bytes);
        Ok(padded)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, RlpError> {
        self.integer::<1>().map(|bytes| bytes[0])
    }

    pub(crate) fn u64(&mut self) -> Result<u64, RlpError> {
        self.integer().map(u64::from_be_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128, RlpError> {
        self.integer().map(u128::from_be_bytes)
    }

    pub(crate) fn u256(&mut self) -> Result<U256, RlpError> {
        self.integer::<32>().map(U256::from_be_bytes)
    }

    /// Exactly `N` bytes.
    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], RlpError> {
        self.string()?.try_into().map_err(|_| RlpError)
    }

    /// Nothing may follow.
    pub(crate) const fn end(&self) -> Result<(), RlpError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(RlpError)
        }
    }
}

/// Appends the header of a list with `length` bytes of payload.
pub(crate) fn push_list_header(out: &mut alloc::vec::Vec<u8>, length: usize) {
    if length < 56 {
        out.push(0xc0 + length as u8);
        return;
    }
    let bytes = (length as u64).to_be_bytes();
    let zeros = (length as u64).leading_zeros() as usize / 8;
    out.push(0xf7 + (8 - zeros) as u8);
    out.extend_from_slice(&bytes[zeros..]);
}

/// Appends an integer as a string.
pub(crate) fn push_integer(out: &mut alloc::vec::Vec<u8>, value: u64) {
    if value != 0 && value < 0x80 {
        out.push(value as u8);
        return;
    }
    let zeros = value.leading_zeros() as usize / 8;
    out.push(0x80 + (8 - zeros) as u8);
    out.extend_from_slice(&value.to_be_bytes()[zeros..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_of_a_value_are_refused() {
        for bytes in [
            &[0x81, 0x01][..],
            &[0x81],
            &[0x82, 0x00],
            &[0xb8, 0x01, 0x80],
            &[0xb9, 0x00, 0x38],
            &[0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[],
        ] {
            assert!(Rlp::new(bytes).string().is_err(), "{bytes:02x?}");
        }
        for bytes in [
            &[0xc1][..],
            &[0xf8, 0x01, 0x80],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x80],
        ] {
            assert!(Rlp::new(bytes).list().is_err(), "{bytes:02x?}");
        }
        for bytes in [&[0x00][..], &[0x82, 0x00, 0x01], &[0x89, 1, 2, 3, 4, 5, 6, 7, 8, 9]] {
            assert!(Rlp::new(bytes).u64().is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn integers_and_headers_round_trip() {
        for value in [0, 1, 0x7f, 0x80, 0xff, 0x100, u64::MAX] {
            let mut out = alloc::vec::Vec::new();
            push_integer(&mut out, value);
            let mut rlp = Rlp::new(&out);
            assert_eq!(rlp.u64(), Ok(value));
            assert_eq!(rlp.end(), Ok(()));
        }
        for length in [0, 55, 56, 255, 256, 70000] {
            let mut out = alloc::vec::Vec::new();
            push_list_header(&mut out, length);
            out.resize(out.len() + length, 0);
            assert_eq!(Rlp::new(&out).list().map(|list| list.rest().len()), Ok(length));
        }
    }
}
