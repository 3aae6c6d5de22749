//! Rank association of two ordered variables, from their table.

use super::Table;
use crate::statistics::distribution::normal_tail;
use crate::statistics::{Correlation, Moments, PairMoments};

/// How two ordered variables go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankAssociation {
    /// Spearman's ρ, which is Pearson's coefficient of the midranks, with Student's test as an approximation.
    pub spearman: Correlation,
    /// The number of pairs of values that both variables put in the same order.
    pub concordant: u128,
    /// The number of pairs of values that the variables put in opposite orders.
    pub discordant: u128,
    pub tau_b: f64,
    /// `None` for fewer than three values.
    pub kendall: Option<KendallTest>,
}

/// The test of Kendall's τ-b against 0, by the normal approximation for tied values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KendallTest {
    pub z: f64,
    /// Two-sided; 0 where it is below the smallest `f64`.
    pub p_value: f64,
    pub log10_p: f64,
}

impl Table {
    /// Returns Spearman's ρ and Kendall's τ-b of the rows against the columns, in their order.
    ///
    /// Returns `None` where a sum exceeds 128 bits, for some 10⁹ values. Agrees with scipy's `spearmanr` and
    /// `kendalltau(method="asymptotic")`; see Kendall (1945), *Biometrika* 33:239.
    pub fn rank_association(&self) -> Option<RankAssociation> {
        let (concordant, discordant) = self.pairs()?;
        let untied = |sums: &[u64]| Some(pairs_of(self.n)? - sum_of(sums, pairs_of)?);
        let (x, y) = (untied(&self.row_sums)?, untied(&self.column_sums)?);
        let difference = i128::try_from(concordant).ok()? - i128::try_from(discordant).ok()?;
        let tau_b = difference as f64 / ((x as f64).sqrt() * (y as f64).sqrt());
        Some(RankAssociation {
            spearman: self.spearman()?,
            concordant,
            discordant,
            tau_b: tau_b.clamp(-1.0, 1.0),
            kendall: self.kendall(difference as f64),
        })
    }

    /// Returns the correlation of twice the midranks, each less n + 1, so that their sums are 0.
    fn spearman(&self) -> Option<Correlation> {
        let (x, y) = (centred_ranks(&self.row_sums, self.n), centred_ranks(&self.column_sums, self.n));
        let mut products: i128 = 0;
        for (row, x) in self.rows.iter().zip(&x) {
            for (count, y) in row.iter().zip(&y) {
                products = products.checked_add(i128::from(*count).checked_mul(x.checked_mul(*y)?)?)?;
            }
        }
        let moments = |ranks: &[i128], sums: &[u64]| {
            let squares = ranks.iter().zip(sums).try_fold(0_u128, |squares, (rank, count)| {
                let square = rank.unsigned_abs().checked_pow(2)?;
                squares.checked_add(square.checked_mul(u128::from(*count))?)
            })?;
            Some(Moments { n: self.n, sum: 0, squares })
        };
        let (x, y) = (moments(&x, &self.row_sums)?, moments(&y, &self.column_sums)?);
        PairMoments { x, y, products }.correlation()
    }

    /// Returns how many pairs of values are in the same order, and in opposite orders.
    fn pairs(&self) -> Option<(u128, u128)> {
        let (mut concordant, mut discordant) = (0_u128, 0_u128);
        // What stands above a row, by column.
        let mut above = vec![0_u128; self.column_sums.len()];
        for row in &self.rows {
            let (mut left, mut right) = (0, above.iter().sum::<u128>());
            for (count, above) in row.iter().zip(&mut above) {
                let count = u128::from(*count);
                right -= *above;
                concordant = concordant.checked_add(count.checked_mul(left)?)?;
                discordant = discordant.checked_add(count.checked_mul(right)?)?;
                left += *above;
                *above += count;
            }
        }
        Some((concordant, discordant))
    }

    fn kendall(&self, difference: f64) -> Option<KendallTest> {
        if self.n < 3 {
            return None;
        }
        let product = |n: u64, factors: fn(u128) -> [Option<u128>; 2]| {
            let [a, b] = factors(u128::from(n));
            u128::from(n).checked_mul(a?)?.checked_mul(b?)
        };
        let twice_pairs = |n: u64| product(n, |n| [n.checked_sub(1), Some(1)]);
        let cubes = |n: u64| product(n, |n| [n.checked_sub(1), Some(2 * n + 5)]);
        // A single value ties with nobody, nor do two make a triple.
        let triples = |n: u64| product(n, |n| [n.checked_sub(1), Some(n.saturating_sub(2))]);
        let (x, y) = (&self.row_sums, &self.column_sums);
        let both = |of: &dyn Fn(u64) -> Option<u128>| Some(sum_of(x, of)? as f64 * sum_of(y, of)? as f64);
        let tied = sum_of(x, cubes)?.checked_add(sum_of(y, cubes)?)?;
        let untied = i128::try_from(cubes(self.n)?).ok()?.checked_sub(i128::try_from(tied).ok()?)?;
        let variance = untied as f64 / 18.0
            + both(&twice_pairs)? / (2.0 * twice_pairs(self.n)? as f64)
            + both(&triples)? / (9.0 * triples(self.n)? as f64);
        let z = difference / variance.sqrt();
        let tail = normal_tail(z).filter(|_| z.is_finite())?;
        Some(KendallTest { z, p_value: tail.p_value, log10_p: tail.log10_p })
    }
}

fn pairs_of(n: u64) -> Option<u128> {
    Some(u128::from(n) * u128::from(n.saturating_sub(1)) / 2)
}

fn sum_of(sums: &[u64], term: impl Fn(u64) -> Option<u128>) -> Option<u128> {
    sums.iter().try_fold(0_u128, |total, n| total.checked_add(term(*n)?))
}

/// Returns twice the midrank of each level, less n + 1.
fn centred_ranks(sums: &[u64], n: u64) -> Vec<i128> {
    let mut below: i128 = 0;
    let rank = |count: &u64| {
        let count = i128::from(*count);
        let rank = 2 * below + count - i128::from(n);
        below += count;
        rank
    };
    sums.iter().map(rank).collect()
}
