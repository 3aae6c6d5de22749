//! What the sums of a variable say: its mean and its spread, of one group or of two.

use super::Interval;
use super::distribution::{student_quantile, student_tail};

/// The number of values of an integer variable, their sum and the sum of their squares.
///
/// Sums that no values can have, or whose products exceed 128 bits, have no figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    pub n: u64,
    pub sum: i128,
    pub squares: u128,
}

impl Moments {
    /// Returns n·Σx² − (Σx)², which is n times the sum of the squared deviations.
    pub fn scatter(&self) -> Option<u128> {
        let sum = self.sum.unsigned_abs();
        u128::from(self.n).checked_mul(self.squares)?.checked_sub(sum.checked_mul(sum)?)
    }

    /// Returns the arithmetic mean, or `None` without a value.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64)
    }

    /// Returns the sample variance (divisor n − 1), or `None` for fewer than two values.
    ///
    /// Agrees with R's `var(x)`.
    pub fn variance(&self) -> Option<f64> {
        let scatter = self.scatter().filter(|_| self.n >= 2)?;
        Some(scatter as f64 / self.n as f64 / (self.n - 1) as f64)
    }

    /// Returns the sample standard deviation (divisor n − 1), or `None` for fewer than two values.
    ///
    /// Agrees with R's `sd(x)`.
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Returns the standard error of the mean, s/√n, or `None` for fewer than two values.
    pub fn standard_error(&self) -> Option<f64> {
        Some((self.variance()? / self.n as f64).sqrt())
    }

    /// Returns Student's 95 % interval of the mean, or `None` for fewer than two values.
    ///
    /// Agrees with R's `t.test(x)$conf.int`.
    pub fn interval(&self) -> Option<Interval> {
        let half = student_quantile(self.n.checked_sub(1)? as f64)? * self.standard_error()?;
        Some(Interval::around(self.mean()?, half))
    }
}

/// Welch's test of the hypothesis that two groups have one mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WelchTest {
    pub difference: f64,
    pub t: f64,
    pub degrees_of_freedom: f64,
    /// Two-sided; 0 where it is below the smallest `f64`.
    pub p_value: f64,
    pub log10_p: f64,
    /// At 95 %, of the difference.
    pub interval: Interval,
}

/// Returns the mean of one group minus that of another, from exact sums.
///
/// Returns `None` when one is empty.
pub fn difference_of_means(a: &Moments, b: &Moments) -> Option<f64> {
    if a.n == 0 || b.n == 0 {
        return None;
    }
    let scaled = |moments: &Moments, other: &Moments| moments.sum.checked_mul(i128::from(other.n));
    let difference = scaled(a, b)?.checked_sub(scaled(b, a)?)?;
    Some(difference as f64 / a.n as f64 / b.n as f64)
}

/// Returns Welch's test for two independent groups of unequal variance.
///
/// Returns `None` when a group has fewer than two values, or none varies.
/// Agrees with R's `t.test(a, b)`; see Welch (1947), *Biometrika* 34:28.
pub fn welch(a: &Moments, b: &Moments) -> Option<WelchTest> {
    let difference = difference_of_means(a, b)?;
    let (of_a, of_b) = (a.variance()? / a.n as f64, b.variance()? / b.n as f64);
    let variance = of_a + of_b;
    if variance == 0.0 {
        return None;
    }
    let (share_a, share_b) = (of_a / variance, of_b / variance);
    let inverse = share_a * share_a / (a.n - 1) as f64 + share_b * share_b / (b.n - 1) as f64;
    let degrees_of_freedom = 1.0 / inverse;
    let t = difference / variance.sqrt();
    let tail = student_tail(t, degrees_of_freedom)?;
    let half = student_quantile(degrees_of_freedom)? * variance.sqrt();
    Some(WelchTest {
        difference,
        t,
        degrees_of_freedom,
        p_value: tail.p_value,
        log10_p: tail.log10_p,
        interval: Interval::around(difference, half),
    })
}

/// Returns Cronbach's α of items from their moments and those of the respondents' totals.
///
/// Returns `None` for fewer than two items, when the bases differ, when the total does not vary,
/// and when its sum is not that of the items.
/// Agrees with `pingouin.cronbach_alpha`; see Cronbach (1951), *Psychometrika* 16:297.
pub fn cronbach_alpha(items: &[Moments], total: &Moments) -> Option<f64> {
    let is_total = items.iter().try_fold(0, |sum: i128, item| sum.checked_add(item.sum)) == Some(total.sum);
    if items.len() < 2 || total.n < 2 || !is_total || items.iter().any(|item| item.n != total.n) {
        return None;
    }
    let of_items = items.iter().try_fold(0, |sum: u128, item| sum.checked_add(item.scatter()?))?;
    let of_total = total.scatter().filter(|scatter| *scatter > 0)?;
    let k = items.len() as f64;
    // The difference is taken of integers: it is where digits would cancel.
    let excess = of_total.abs_diff(of_items) as f64 * if of_total < of_items { -1.0 } else { 1.0 };
    Some(k / (k - 1.0) * (excess / of_total as f64))
}
