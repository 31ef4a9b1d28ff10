//! The first part of a proof: the conversation up to the queries, and the constraints at one point.

use crate::{
    bytes::Reader,
    deep,
    error::VerifyError::{self, *},
    field::{Ext, Felt},
    hash::{keccak, Hash},
    key::{Parameters, VerifyingKey, ROW_TREES},
    program::Inputs,
    transcript::Transcript,
};

/// The header's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Roots of the trees of rows.
    pub roots: [Hash; ROW_TREES],
    /// Nonce before the lookup challenges.
    pub lookup_nonce: [u8; 8],
    /// Lookup sums of the tables.
    pub terminals: Vec<Ext>,
    /// Nonce before the out-of-domain point.
    pub point_nonce: [u8; 8],
    /// Values of the columns at the out-of-domain points.
    pub opened: Vec<Ext>,
    /// Nonce before the batching challenge.
    pub batch_nonce: [u8; 8],
    /// Root and nonce of each fold.
    pub folds: Vec<(Hash, [u8; 8])>,
    /// Coefficients of the final polynomial.
    pub final_polynomial: Vec<Ext>,
    /// Nonce before the queries.
    pub query_nonce: [u8; 8],
}

impl Header {
    /// Decodes a header of the right length.
    pub fn parse(key: &VerifyingKey, bytes: &[u8]) -> Result<Self, VerifyError> {
        if bytes.len() != key.descriptor.header_bytes() {
            return Err(HeaderLength);
        }
        Self::read(key, &mut Reader::new(bytes)).ok_or(HeaderNotCanonical)
    }

    fn read(key: &VerifyingKey, reader: &mut Reader<'_>) -> Option<Self> {
        let Parameters { log_final, .. } = key.descriptor.parameters;
        let trace_root = reader.array()?;
        let lookup_nonce = reader.array()?;
        let lookup_root = reader.array()?;
        let terminals = reader.exts(key.descriptor.log_heights.len())?;
        let quotient_root = reader.array()?;
        let folds = key.descriptor.parameters.folds();
        Some(Self {
            roots: [trace_root, lookup_root, quotient_root],
            lookup_nonce,
            terminals,
            point_nonce: reader.array()?,
            opened: reader.exts(key.descriptor.opened_values())?,
            batch_nonce: reader.array()?,
            folds: (0..folds).map(|_| Some((reader.array()?, reader.array()?))).collect::<Option<_>>()?,
            final_polynomial: reader.exts(1 << log_final)?,
            query_nonce: reader.array()?,
        })
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.roots[0].to_vec();
        out.extend(self.lookup_nonce);
        out.extend(self.roots[1]);
        out.extend(ext_bytes(&self.terminals));
        out.extend(self.roots[2]);
        out.extend(self.point_nonce);
        out.extend(ext_bytes(&self.opened));
        out.extend(self.batch_nonce);
        for (root, nonce) in &self.folds {
            out.extend(root);
            out.extend(nonce);
        }
        out.extend(ext_bytes(&self.final_polynomial));
        out.extend(self.query_nonce);
        out
    }
}

/// What the verifier drew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenges {
    /// α, β, γ, δ: inputs of the constraint program.
    pub program: [Ext; 4],
    /// ε: joins the tables.
    pub tables: Ext,
    /// z: the out-of-domain point.
    pub point: Ext,
    /// λ: joins the openings.
    pub batch: Ext,
    /// η of each fold.
    pub folds: Vec<Ext>,
    /// Query indices.
    pub indices: Vec<usize>,
}

/// What query parts need of an accepted header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Hash of the key.
    pub key_hash: Hash,
    /// Keccak-256 of the public values.
    pub public_values_hash: Hash,
    /// Keccak-256 of the header.
    pub header_hash: Hash,
    /// Roots of all trees.
    pub roots: Vec<Hash>,
    /// Challenges.
    pub challenges: Challenges,
    /// Interpolants `U_J`.
    pub interpolants: Vec<Vec<Ext>>,
    /// Coefficients of the final polynomial.
    pub final_polynomial: Vec<Ext>,
}

impl Context {
    /// The bytes whose hash a contract stores between two transactions.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = [self.key_hash, self.public_values_hash, self.header_hash].concat();
        out.extend(self.roots.concat());
        out.extend(self.challenges.point.to_bytes());
        out.extend(self.challenges.batch.to_bytes());
        out.extend(ext_bytes(&self.challenges.folds));
        self.interpolants.iter().for_each(|interpolant| out.extend(ext_bytes(interpolant)));
        out.extend(ext_bytes(&self.final_polynomial));
        out.extend(self.challenges.indices.iter().flat_map(|index| (*index as u32).to_be_bytes()));
        out
    }
}

/// The bytes of extension elements, one after the other.
pub fn ext_bytes(elements: &[Ext]) -> Vec<u8> {
    elements.iter().flat_map(|element| element.to_bytes()).collect()
}

/// The bytes of base field elements, one after the other.
pub fn felt_bytes(elements: &[Felt]) -> Vec<u8> {
    elements.iter().flat_map(|element| element.to_bytes()).collect()
}

/// Public values in number and form as the key demands.
pub fn canonical_public_values(key: &VerifyingKey, values: &[u32]) -> Result<Vec<Felt>, VerifyError> {
    if values.len() != key.descriptor.public_values {
        return Err(PublicValuesLength);
    }
    values.iter().map(|value| Felt::new(*value)).collect::<Option<_>>().ok_or(PublicValueNotCanonical)
}

/// Checks the header and returns what the query parts need of it.
pub fn verify_header(
    key: &VerifyingKey,
    public_values: &[Felt],
    bytes: &[u8],
) -> Result<Context, VerifyError> {
    let header = Header::parse(key, bytes)?;
    let challenges = replay(key, public_values, &header)?;
    if header.terminals.iter().fold(Ext::ZERO, |sum, terminal| sum + *terminal) != Ext::ZERO {
        return Err(TerminalsUnbalanced);
    }
    if quotient_at(key, public_values, &header, &challenges) != *header.opened.last().ok_or(KeyMalformed)? {
        return Err(ConstraintsUnsatisfied);
    }
    Ok(Context {
        key_hash: key.hash,
        public_values_hash: keccak(&[&felt_bytes(public_values)]),
        header_hash: keccak(&[bytes]),
        roots: header.roots.into_iter().chain(header.folds.iter().map(|(root, _)| *root)).collect(),
        interpolants: deep::interpolants(&key.descriptor, &header.opened, challenges.batch),
        final_polynomial: header.final_polynomial,
        challenges,
    })
}

/// Section 5: the challenges, if all the work was done.
fn replay(key: &VerifyingKey, public_values: &[Felt], header: &Header) -> Result<Challenges, VerifyError> {
    let parameters = &key.descriptor.parameters;
    let grinding = parameters.grinding;
    let demand = |done: bool, error: VerifyError| if done { Ok(()) } else { Err(error) };
    let mut transcript = Transcript::new(&key.hash);
    if !public_values.is_empty() {
        transcript.absorb(&felt_bytes(public_values));
    }
    transcript.absorb(&header.roots[0]);
    demand(transcript.grind(header.lookup_nonce, grinding.lookup), LookupGrinding)?;
    let (alpha, beta) = (transcript.challenge(), transcript.challenge());
    transcript.absorb(&[&header.roots[1][..], &ext_bytes(&header.terminals)].concat());
    let (gamma, delta) = (transcript.challenge(), transcript.challenge());
    let tables = transcript.challenge();
    transcript.absorb(&header.roots[2]);
    demand(transcript.grind(header.point_nonce, grinding.point), PointGrinding)?;
    let point = transcript.challenge();
    demand(!point.is_base(), PointInBaseField)?;
    transcript.absorb(&ext_bytes(&header.opened));
    demand(transcript.grind(header.batch_nonce, grinding.batch), BatchGrinding)?;
    let batch = transcript.challenge();
    let mut folds = Vec::with_capacity(header.folds.len());
    for (fold, (root, nonce)) in header.folds.iter().enumerate() {
        transcript.absorb(root);
        demand(transcript.grind(*nonce, grinding.fold), FoldGrinding { fold })?;
        folds.push(transcript.challenge());
    }
    transcript.absorb(&ext_bytes(&header.final_polynomial));
    demand(transcript.grind(header.query_nonce, grinding.query), QueryGrinding)?;
    let indices = transcript.indices(parameters.queries, parameters.log_domain());
    Ok(Challenges { program: [alpha, beta, gamma, delta], tables, point, batch, folds, indices })
}

/// Section 6, 2: the quotient that the constraints imply.
pub fn quotient_at(
    key: &VerifyingKey,
    public_values: &[Felt],
    header: &Header,
    challenges: &Challenges,
) -> Ext {
    let z = challenges.point;
    let heights = &key.descriptor.log_heights;
    let tables: Vec<_> = heights
        .iter()
        .zip(&header.terminals)
        .map(|(log_height, terminal)| {
            let [first, last] = selectors(z, *log_height);
            [first, last, *terminal]
        })
        .collect();
    let outputs = key.program.run(&Inputs {
        challenges: challenges.program,
        tables: &tables,
        public_values,
        opened: &header.opened,
    });
    let quotients = outputs.iter().zip(heights).map(|(out, n)| *out * vanishing(z, *n).inverse());
    quotients.rev().fold(Ext::ZERO, |sum, quotient| sum * challenges.tables + quotient)
}

/// `Z(z) = z^N − 1`.
fn vanishing(z: Ext, log_height: usize) -> Ext {
    z.pow_two_to(log_height) - Ext::ONE
}

/// The polynomials that are 1 on the first and on the last row and 0 on the others, at `z`.
fn selectors(z: Ext, log_height: usize) -> [Ext; 2] {
    let height_inverse = Felt::reduce(1 << log_height).inverse();
    let last_row = Felt::root_of_unity(log_height).inverse();
    let scaled = vanishing(z, log_height).scale(height_inverse);
    [Felt::ONE, last_row].map(|row| (scaled * (z - row.into()).inverse()).scale(row))
}
