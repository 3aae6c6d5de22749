//! Pearson's correlation from exact sums, its test and its interval.

use std::f64::consts::SQRT_2;

use super::distribution::student_tail;
use super::wide::Wide;
use super::{Histogram, Interval, Moments, Z_975};

/// The sums of pairs of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairMoments {
    pub x: Moments,
    pub y: Moments,
    /// Σxy.
    pub products: i128,
}

impl PairMoments {
    /// Returns the sums of pairs from the two histograms and Σxy, or `None` on overflow.
    pub fn new(x: &Histogram, y: &Histogram, sum_xy: u64) -> Option<PairMoments> {
        Some(PairMoments { x: x.moments()?, y: y.moments()?, products: i128::from(sum_xy) })
    }

    /// Returns n·Σxy − Σx·Σy.
    pub fn covariation(&self) -> Option<i128> {
        let products = i128::from(self.x.n).checked_mul(self.products)?;
        products.checked_sub(self.x.sum.checked_mul(self.y.sum)?)
    }

    /// Returns Pearson's correlation coefficient.
    ///
    /// Returns `None` for fewer than two pairs, for different bases, when a variable does not vary, and when
    /// no pairs can have these sums. Agrees with R's `cor(x, y)`; the sums are exact, so nothing cancels.
    pub fn correlation(&self) -> Option<Correlation> {
        let n = self.x.n;
        if n < 2 || n != self.y.n {
            return None;
        }
        let [a, b] = [self.x, self.y].map(|side| side.scatter().filter(|scatter| *scatter > 0));
        let (a, b, c) = (a?, b?, self.covariation()?);
        let (all, explained) = (Wide::product(a, b), Wide::product(c.unsigned_abs(), c.unsigned_abs()));
        // By Cauchy and Schwarz this exists for sums of real pairs.
        let unexplained = all.checked_sub(explained)?.to_f64() / all.to_f64();
        let r = (c as f64 / ((a as f64).sqrt() * (b as f64).sqrt())).clamp(-1.0, 1.0);
        let r = if unexplained == 0.0 { r.signum() } else { r };
        Some(Correlation { r, unexplained, n })
    }
}

/// Returns Pearson's correlation coefficient of n pairs from the two histograms and Σxy.
///
/// Returns `None` where [`PairMoments::correlation`] does.
pub fn pearson(x: &Histogram, y: &Histogram, sum_xy: u64) -> Option<f64> {
    Some(PairMoments::new(x, y, sum_xy)?.correlation()?.r)
}

/// A correlation coefficient of n pairs, |r| ≤ 1 and n ≥ 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    r: f64,
    unexplained: f64,
    n: u64,
}

/// The test of a correlation against 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrelationTest {
    pub t: f64,
    pub degrees_of_freedom: u64,
    /// Two-sided; 0 where it is below the smallest `f64`.
    pub p_value: f64,
    pub log10_p: f64,
}

impl Correlation {
    /// Returns a coefficient known only as a number, such as a published or rounded one.
    ///
    /// Returns `None` for fewer than two pairs and for |r| > 1.
    pub fn published(r: f64, n: u64) -> Option<Correlation> {
        let unexplained = (1.0 - r) * (1.0 + r);
        (n >= 2 && unexplained >= 0.0).then_some(Correlation { r, unexplained, n })
    }

    pub fn r(&self) -> f64 {
        self.r
    }

    /// Returns 1 − r², exact to the last digits also where r² is all but 1.
    pub fn unexplained(&self) -> f64 {
        self.unexplained
    }

    pub fn n(&self) -> u64 {
        self.n
    }

    pub fn degrees_of_freedom(&self) -> u64 {
        self.n - 2
    }

    /// Returns Student's test of the hypothesis that the correlation is 0.
    ///
    /// Returns `None` for fewer than three pairs and for |r| = 1, where t does not exist.
    /// Agrees with R's `cor.test(x, y)`.
    pub fn test(&self) -> Option<CorrelationTest> {
        if self.n < 3 || self.unexplained == 0.0 {
            return None;
        }
        let degrees_of_freedom = self.degrees_of_freedom();
        let t = self.r * (degrees_of_freedom as f64 / self.unexplained).sqrt();
        let tail = student_tail(t, degrees_of_freedom as f64)?;
        Some(CorrelationTest { t, degrees_of_freedom, p_value: tail.p_value, log10_p: tail.log10_p })
    }

    /// Returns Fisher's z = artanh r, or `None` for |r| = 1.
    pub fn z(&self) -> Option<f64> {
        if self.unexplained == 0.0 {
            return None;
        }
        // Near 1 only 1 − r² knows how near; near 0 only r does.
        let size = self.r.abs();
        let z = if size < 1.0 / SQRT_2 { size.atanh() } else { size.ln_1p() - self.unexplained.ln() / 2.0 };
        Some(z.copysign(self.r))
    }

    /// Returns Fisher's 95 % interval.
    ///
    /// Returns `None` for fewer than four pairs and for |r| = 1. Agrees with R's `cor.test(x, y)$conf.int`;
    /// see Fisher (1921), *Metron* 1:3.
    pub fn interval(&self) -> Option<Interval> {
        if self.n < 4 {
            return None;
        }
        let z = Interval::around(self.z()?, Z_975 / ((self.n - 3) as f64).sqrt());
        Some(Interval { low: z.low.tanh(), high: z.high.tanh() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pairs_have_a_sum_of_products_beyond_cauchy_and_schwarz() {
        let x = Histogram { start: 0, counts: vec![5, 5] };
        assert_eq!(pearson(&x, &x, 5), Some(1.0));
        assert_eq!(pearson(&x, &x, 0), Some(-1.0));
        assert_eq!(pearson(&x, &x, 6), None);
    }

    #[test]
    fn variables_of_different_bases_have_no_correlation() {
        let x = Histogram { start: 0, counts: vec![5, 5] };
        let y = Histogram { start: 0, counts: vec![5, 6] };
        assert_eq!(pearson(&x, &y, 5), None);
    }

    #[test]
    fn a_shift_of_the_levels_leaves_the_correlation() {
        // (0,0) ×3, (0,1), (1,0), (1,1) ×3, then both moved up by 2 and by 7.
        let at = |start| Histogram { start, counts: vec![4, 4] };
        assert_eq!(pearson(&at(0), &at(0), 3), Some(0.5));
        // Σ(x + 2)(y + 7) = Σxy + 7·Σx + 2·Σy + 14·n
        assert_eq!(pearson(&at(2), &at(7), 3 + 7 * 4 + 2 * 4 + 14 * 8), Some(0.5));
    }

    #[test]
    fn nothing_is_published_beyond_1() {
        for (r, n) in [(1.01, 10), (f64::NAN, 10), (0.5, 1), (f64::INFINITY, 10)] {
            assert_eq!(Correlation::published(r, n), None, "{r}, {n}");
        }
    }
}
