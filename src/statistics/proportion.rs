//! Intervals for a proportion.

use std::f64::consts::PI;

use super::distribution::{ln_ratio, stirling_error};
use super::{Interval, Z_975};

/// ln 0.025, of one side of an interval at 95 %.
const LN_SIDE: f64 = -3.688_879_454_113_936;

/// After so many terms the sum of a tail is given up: some hundred milliseconds for one interval.
const MOST_TERMS: u64 = 2_000_000;

/// Returns the Wilson score interval at 95 % for `successes` out of `base`, as fractions.
///
/// Returns `None` when `base` is 0. Agrees with R's `prop.test(x, n, correct = FALSE)$conf.int`;
/// see Wilson (1927), *J. Am. Stat. Assoc.* 22:209.
pub fn wilson(successes: u64, base: u64) -> Option<Interval> {
    if base == 0 || successes > base {
        return None;
    }
    // A bound of the failures is 1 minus one of the successes; near 0 it is the product of the two bounds
    // that has all digits.
    let (x, n) = (successes as f64, base as f64);
    let z2 = Z_975 * Z_975;
    let middle = (x + z2 / 2.0) / (n + z2);
    let half = Z_975 / (n + z2) * (x * (n - x) / n + z2 / 4.0).sqrt();
    let product = x * x / (n * (n + z2));
    Some(Interval {
        low: if successes == 0 { 0.0 } else { product / (middle + half) },
        high: if successes == base { 1.0 } else { middle + half },
    })
}

/// Returns the exact interval of Clopper and Pearson at 95 % for `successes` out of `base`, as fractions.
///
/// Returns `None` when `base` is 0, and where a tail has more than two million terms that count, which
/// needs more than 10¹⁰ values. Agrees with R's `binom.test(x, n)$conf.int`;
/// see Clopper & Pearson (1934), *Biometrika* 26:404.
pub fn clopper_pearson(successes: u64, base: u64) -> Option<Interval> {
    let start = wilson(successes, base)?;
    let n = base as f64;
    let low = match successes {
        0 => 0.0,
        _ if successes == base => (LN_SIDE / n).exp(),
        _ => Bound { x: successes, n: base, is_low: true }.solve(start.low)?,
    };
    let high = match successes {
        0 => -(LN_SIDE / n).exp_m1(),
        _ if successes == base => 1.0,
        _ => Bound { x: successes, n: base, is_low: false }.solve(start.high)?,
    };
    Some(Interval { low, high })
}

/// A bound: the p at which as many successes, or as few, have a probability of 0.025.
struct Bound {
    x: u64,
    n: u64,
    is_low: bool,
}

impl Bound {
    /// Solves by Newton's method on the logarithm of the tail as a function of the log odds.
    fn solve(&self, start: f64) -> Option<f64> {
        let (mut p, mut q) = (start, 1.0 - start);
        for _ in 0..50 {
            let ln_term = self.ln_term(p, q);
            let sum = self.sum(p, q)?;
            // d tail/d log odds = x·b(x)·q upwards and −(n − x)·b(x)·p downwards.
            let slope = if self.is_low { self.x as f64 * q } else { -((self.n - self.x) as f64) * p } / sum;
            let step = (LN_SIDE - ln_term - sum.ln()) / slope;
            let odds = p / q * step.exp();
            (p, q) = (odds / (1.0 + odds), 1.0 / (1.0 + odds));
            if step.abs() < 4.0 * f64::EPSILON {
                break;
            }
        }
        (p > 0.0 && p < 1.0).then_some(p)
    }

    /// Returns ln of the binomial probability of x; see Loader (2000).
    fn ln_term(&self, p: f64, q: f64) -> f64 {
        let (n, x) = (self.n as f64, self.x as f64);
        let y = (self.n - self.x) as f64;
        let deviance = |x: f64, mean: f64| x * ln_ratio(x, mean) - (x - mean);
        let errors = stirling_error(n) - stirling_error(x) - stirling_error(y);
        errors - deviance(x, n * p) - deviance(y, n * q) + (n / (2.0 * PI * x * y)).ln() / 2.0
    }

    /// Returns the tail from x on, x included, divided by the probability of x.
    fn sum(&self, p: f64, q: f64) -> Option<f64> {
        let (odds, n, x) = (p / q, self.n as f64, self.x as f64);
        let (mut sum, mut term) = (1.0, 1.0);
        for k in 0..MOST_TERMS {
            let k = k as f64;
            term *= if self.is_low {
                (n - x - k) / (x + k + 1.0) * odds
            } else {
                (x - k) / (n - x + k + 1.0) / odds
            };
            sum += term;
            if term < sum * f64::EPSILON / 64.0 {
                return Some(sum);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_reaches_0_and_1_exactly_and_never_passes_them() {
        for base in [1, 2, 6, 46, 290, 1_000_000_000] {
            let (none, all) = (wilson(0, base).unwrap(), wilson(base, base).unwrap());
            assert_eq!((none.low, all.high), (0.0, 1.0), "{base}");
            assert!(none.high > 0.0 && all.low < 1.0, "{base}");
        }
    }

    #[test]
    fn more_successes_than_the_base_have_no_interval() {
        assert_eq!((wilson(7, 6), clopper_pearson(7, 6)), (None, None));
        assert_eq!((wilson(1, 0), clopper_pearson(0, 0)), (None, None));
    }

    #[test]
    fn exact_bounds_of_many_are_the_approximate_ones() {
        let (exact, score) =
            (clopper_pearson(500_000_000, 1_000_000_000), wilson(500_000_000, 1_000_000_000));
        let (exact, score) = (exact.unwrap(), score.unwrap());
        assert!((exact.low - score.low).abs() < 1e-8 && (exact.high - score.high).abs() < 1e-8, "{exact:?}");
        assert_eq!(clopper_pearson(u64::MAX / 2, u64::MAX), None);
    }
}
