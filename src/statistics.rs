//! Numerics without any knowledge of surveys.
//!
//! Counts and sums come in as integers; the turn to `f64` happens here, once.
//! A figure that does not exist is `None`, never `NaN` and never 0; nothing here panics.
//! A perfect correlation, |r| = 1, has no test and no interval.
//!
//! What is summed over arrangements or tables bounds its own cost, and is `None` beyond.
//!
//! # Which routines are whose
//!
//! Measured against an oracle of 60 digits (`tests/oracle.rs`); errors are relative, the worst of all cases.
//!
//! | | statrs 0.19 | ours |
//! |---|---|---|
//! | Student's p above 1e-100 | 1e-8 for df ≤ 288, 1e-4 for df = 10⁸ (both near t = 0) | 6e-14 for df ≤ 10⁹ |
//! | Student's p to 1e-300 | fails for df = 1, 1e-6 for df = 10⁹ | 2e-13 |
//! | Student's log₁₀ p | none | 1e-15 |
//! | its 97.5 % quantile | 3e-13 for df ≤ 288, 6e-5 for df = 10⁶ | 7e-16 |
//! | χ²'s p to 1e-300 | 2e-13 | 1e-13 |
//! | χ²'s log₁₀ p | 3e-13, none below 1e-308 | 2e-14 |
//! | the normal p (`erfc`) | 1e-10 | that of χ² |
//! | binomial tails (`beta_reg`) | 8e-13 for n = 1000, from differences of ln Γ | 4e-16, from deviances |
//! | ln n! | a table up to 170 | – |
//!
//! The oracle asks for 1e-11 of p above 1e-100, for what a double leaves to p below, and for 1e-13 of log₁₀ p.
//! So only ln n! is statrs', for the permutation test; the rest is in `distribution` and `proportion`.

mod wide;
mod distribution;
mod moments;
mod histogram;
mod proportion;
mod correlation;
mod permutation;
mod table;

pub use correlation::{Correlation, CorrelationTest, PairMoments, pearson};
pub use distribution::{Tail, chi_square_tail, normal_tail, student_quantile, student_tail};
pub use histogram::Histogram;
pub use moments::{Moments, WelchTest, cronbach_alpha, difference_of_means, welch};
pub use permutation::permutation_test;
pub use proportion::{clopper_pearson, wilson};
pub use table::{ChiSquareTest, KendallTest, RankAssociation, Table};

/// The 97.5 % quantile of the standard normal distribution.
pub const Z_975: f64 = 1.959_963_984_540_054;

/// Two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    fn around(middle: f64, half: f64) -> Interval {
        Interval { low: middle - half, high: middle + half }
    }
}

/// Returns p-values adjusted for a family of tests by Holm's method, in the order given.
///
/// A test that does not exist (`None`) is no member of the family.
/// Agrees with R's `p.adjust(p, "holm")`; see Holm (1979), *Scand. J. Stat.* 6:65.
pub fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let family: Vec<f64> = p_values.iter().copied().flatten().collect();
    // A p-value's step is the number of tests whose p-value is not smaller, itself among them.
    let step = |p: f64| p * family.iter().filter(|other| **other >= p).count() as f64;
    let adjusted = |p: f64| {
        let not_above = family.iter().filter(|other| **other <= p);
        not_above.map(|other| step(*other)).fold(0.0, f64::max).min(1.0)
    };
    p_values.iter().map(|p| p.map(adjusted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tests_are_no_family() {
        assert_eq!(holm(&[]), []);
        assert_eq!(holm(&[None, None]), [None, None]);
    }
}
