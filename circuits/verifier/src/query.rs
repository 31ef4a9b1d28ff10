//! The other parts of a proof: each checks some of the queries against the caps that it brings.

use crate::{
    bytes::Reader,
    deep::{Combination, Rows},
    error::VerifyError::{self, *},
    field::{evaluate, Ext, Felt, SHIFT},
    fold::fold,
    hash::{digest, keccak, SALT_BYTES},
    header::{felt_bytes, Context},
    key::{Parameters, VerifyingKey, ROW_TREES},
    merkle::leads_to_cap,
};

/// Checks one query part; `number` counts them from 0.
pub fn verify_part(
    key: &VerifyingKey,
    context: &Context,
    number: usize,
    bytes: &[u8],
) -> Result<(), VerifyError> {
    let parameters = &key.descriptor.parameters;
    let first = number * parameters.queries_per_part;
    let queries = first..parameters.queries.min(first + parameters.queries_per_part);
    let trees = ROW_TREES + parameters.folds();
    let length = trees * parameters.cap_bytes() + queries.len() * key.descriptor.query_bytes();
    if bytes.len() != length {
        return Err(PartLength { part: number });
    }
    let mut reader = Reader::new(bytes);
    let caps = read_caps(parameters, context, number, &mut reader)?;
    let challenges = &context.challenges;
    let combination =
        Combination::new(&key.descriptor, &context.interpolants, challenges.point, challenges.batch);
    let part = Part { key, context, caps, combination };
    queries.into_iter().try_for_each(|query| part.verify_query(query, &mut reader))
}

fn read_caps<'a>(
    parameters: &Parameters,
    context: &Context,
    part: usize,
    reader: &mut Reader<'a>,
) -> Result<Vec<&'a [u8]>, VerifyError> {
    let mut caps = Vec::with_capacity(context.roots.len());
    for (tree, root) in context.roots.iter().enumerate() {
        let cap = reader.bytes(parameters.cap_bytes()).ok_or(PartLength { part })?;
        if keccak(&[cap]) != *root {
            return Err(CapMismatch { part, tree });
        }
        caps.push(cap);
    }
    Ok(caps)
}

struct Part<'a> {
    key: &'a VerifyingKey,
    context: &'a Context,
    caps: Vec<&'a [u8]>,
    combination: Combination<'a>,
}

impl Part<'_> {
    fn verify_query(&self, query: usize, reader: &mut Reader<'_>) -> Result<(), VerifyError> {
        let parameters = &self.key.descriptor.parameters;
        let index = self.context.challenges.indices[query];
        let rows = self.read_rows(query, index, reader)?;
        let x = SHIFT * Felt::root_of_unity(parameters.log_domain()).pow(index as u64);
        let mut value = self.combination.at(x, &rows);
        let mut index = index;
        for layer in 0..parameters.folds() {
            (value, index) = self.fold_layer(query, layer, index, value, reader)?;
        }
        let log_domain = parameters.log_domain() - parameters.log_arity * parameters.folds();
        let y = Felt::root_of_unity(log_domain).pow(index as u64);
        match evaluate(&self.context.final_polynomial, y) == value {
            true => Ok(()),
            false => Err(FinalPolynomial { query }),
        }
    }

    fn read_rows(&self, query: usize, index: usize, reader: &mut Reader<'_>) -> Result<Rows, VerifyError> {
        let mut rows = Rows::default();
        for (tree, row) in rows.iter_mut().enumerate() {
            let not_canonical = RowNotCanonical { query, tree };
            *row = reader.felts(self.key.descriptor.width(tree)).ok_or(not_canonical)?;
            let salt = reader.bytes(SALT_BYTES).ok_or(not_canonical)?;
            self.check_path(query, tree, index, &[&felt_bytes(row), salt], reader)?;
        }
        Ok(rows)
    }

    /// The value of the next layer and its index there.
    fn fold_layer(
        &self,
        query: usize,
        layer: usize,
        index: usize,
        value: Ext,
        reader: &mut Reader<'_>,
    ) -> Result<(Ext, usize), VerifyError> {
        let parameters = &self.key.descriptor.parameters;
        let tree = ROW_TREES + layer;
        let log_leaves = parameters.log_leaves(tree);
        let (position, leaf_index) = (index >> log_leaves, index & ((1 << log_leaves) - 1));
        let others = (1 << parameters.log_arity) - 1;
        let mut values = reader.exts(others).ok_or(RowNotCanonical { query, tree })?;
        values.insert(position.min(others), value);
        let bytes: Vec<[u8; 16]> = values.iter().map(|v| v.to_bytes()).collect();
        self.check_path(query, tree, leaf_index, &[bytes.as_flattened()], reader)?;
        let point = Felt::root_of_unity(log_leaves + parameters.log_arity).pow(leaf_index as u64);
        Ok((fold(values, point.inverse(), self.context.challenges.folds[layer]), leaf_index))
    }

    fn check_path(
        &self,
        query: usize,
        tree: usize,
        index: usize,
        leaf: &[&[u8]],
        reader: &mut Reader<'_>,
    ) -> Result<(), VerifyError> {
        let mismatch = PathMismatch { query, tree };
        let path = reader.bytes(self.key.descriptor.parameters.path_bytes(tree)).ok_or(mismatch)?;
        match leads_to_cap(digest(leaf), index, path, self.caps[tree]) {
            true => Ok(()),
            false => Err(mismatch),
        }
    }
}
