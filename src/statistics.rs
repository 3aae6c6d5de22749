//! Numerics without any knowledge of surveys.
//!
//! Counts and sums come in as integers; the turn to `f64` happens here, once.
//! A figure that does not exist is `None`, never `NaN` and never 0.
//! Tail probabilities are [statrs]' own, always through its survival function.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The 97.5 % quantile of the standard normal distribution.
pub const Z_975: f64 = 1.959_963_984_540_054;

/// Two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Returns the Wilson score interval at 95 % for `successes` out of `base`, as fractions.
///
/// Returns `None` when `base` is 0. Agrees with R's `prop.test(x, n, correct = FALSE)$conf.int`;
/// see Wilson (1927), *J. Am. Stat. Assoc.* 22:209.
pub fn wilson(successes: u64, base: u64) -> Option<Interval> {
    if base == 0 || successes > base {
        return None;
    }
    let (x, n) = (successes as f64, base as f64);
    let z2 = Z_975 * Z_975;
    let middle = (x + z2 / 2.0) / (n + z2);
    let half = Z_975 / (n + z2) * (x * (n - x) / n + z2 / 4.0).sqrt();
    Some(Interval {
        low: if successes == 0 { 0.0 } else { middle - half },
        high: if successes == base { 1.0 } else { middle + half },
    })
}

/// The counts of a variable whose levels are consecutive integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The value of the first level.
    pub start: u16,
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Returns how many values there are.
    pub fn base(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the levels that occur, with their counts.
    pub fn levels(&self) -> impl Iterator<Item = (u64, u64)> {
        let start = u64::from(self.start);
        let levels = self.counts.iter().enumerate().map(move |(i, &count)| (start + i as u64, count));
        levels.filter(|(_, count)| *count > 0)
    }

    fn sum(&self) -> i128 {
        self.levels().map(|(value, count)| i128::from(value) * i128::from(count)).sum()
    }

    fn sum_of_squares(&self) -> i128 {
        self.levels().map(|(value, count)| i128::from(value * value) * i128::from(count)).sum()
    }

    /// Returns the arithmetic mean, or `None` without a value.
    pub fn mean(&self) -> Option<f64> {
        let base = self.base();
        (base > 0).then(|| self.sum() as f64 / base as f64)
    }

    /// Returns the sample standard deviation (divisor n − 1), or `None` for fewer than two values.
    pub fn standard_deviation(&self) -> Option<f64> {
        let n = i128::from(self.base());
        (n >= 2).then(|| {
            let scatter = n * self.sum_of_squares() - self.sum() * self.sum();
            (scatter as f64 / n as f64 / (n - 1) as f64).sqrt()
        })
    }

    /// Returns the median of type 2 (the average of the two middle values), or `None` without a value.
    ///
    /// See Hyndman & Fan (1996), *Am. Stat.* 50:361; it agrees with R's `quantile(x, 0.5, type = 2)`.
    pub fn median(&self) -> Option<f64> {
        let base = self.base();
        if base == 0 {
            return None;
        }
        let low = self.value_at((base - 1) / 2)?;
        let high = self.value_at(base / 2)?;
        Some((low + high) as f64 / 2.0)
    }

    /// Returns the value at a rank, counted from 0.
    fn value_at(&self, rank: u64) -> Option<u64> {
        let mut seen = 0;
        self.levels().find_map(|(value, count)| {
            seen += count;
            (seen > rank).then_some(value)
        })
    }
}

/// Returns Pearson's correlation coefficient of n pairs from the two histograms and Σxy.
///
/// Returns `None` for fewer than two pairs, when a variable does not vary, or when no pairs can have these sums.
/// The sums are exact integers, so nothing cancels.
pub fn pearson(x: &Histogram, y: &Histogram, sum_xy: u64) -> Option<f64> {
    let n = i128::from(x.base());
    if n < 2 || n != i128::from(y.base()) {
        return None;
    }
    let xx = n * x.sum_of_squares() - x.sum() * x.sum();
    let yy = n * y.sum_of_squares() - y.sum() * y.sum();
    let xy = n * i128::from(sum_xy) - x.sum() * y.sum();
    if xx == 0 || yy == 0 {
        return None;
    }
    let r = xy as f64 / ((xx as f64).sqrt() * (yy as f64).sqrt());
    // Rounding may pass 1 by a hair; anything more is no correlation of real pairs.
    (r.abs() < 1.0 + 1e-9).then(|| r.clamp(-1.0, 1.0))
}

/// The test of a correlation against 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrelationTest {
    pub t: f64,
    pub degrees_of_freedom: u64,
    /// Two-sided.
    pub p_value: f64,
}

/// Returns Student's test of the hypothesis that a correlation is 0.
///
/// Returns `None` for fewer than three pairs and for |r| = 1, where t does not exist.
/// Agrees with R's `cor.test(x, y)`.
pub fn correlation_test(r: f64, n: u64) -> Option<CorrelationTest> {
    if n < 3 || r.abs() >= 1.0 {
        return None;
    }
    let degrees_of_freedom = n - 2;
    let t = r * (degrees_of_freedom as f64 / ((1.0 - r) * (1.0 + r))).sqrt();
    let student = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
    // Not 1 − cdf: it has no digit left from 1e-15 on.
    let p_value = (2.0 * student.sf(t.abs())).min(1.0);
    Some(CorrelationTest { t, degrees_of_freedom, p_value })
}

/// Returns Fisher's 95 % interval for a correlation.
///
/// Returns `None` for fewer than four pairs and for |r| = 1. Agrees with R's `cor.test(x, y)$conf.int`;
/// see Fisher (1921), *Metron* 1:3.
pub fn fisher_interval(r: f64, n: u64) -> Option<Interval> {
    if n < 4 || r.abs() >= 1.0 {
        return None;
    }
    let half = Z_975 / ((n - 3) as f64).sqrt();
    let z = r.atanh();
    Some(Interval { low: (z - half).tanh(), high: (z + half).tanh() })
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
    use serde_json::Value;

    // From mpmath 1.4.1 at 60 digits; tests/data/README.md says more.
    const ORACLE: &str = include_str!("../tests/data/oracle_subset.json");

    /// The oracle's tolerances: relative, and for t and interval bounds an absolute one near 0.
    const COEFFICIENT: f64 = 1e-13;
    const INTERVAL: f64 = 1e-12;
    const P_VALUE: f64 = 1e-11;
    const NEAR_ZERO: f64 = 1e-13;

    fn cases(stat: &str) -> Vec<Value> {
        let all: Vec<Value> = serde_json::from_str(ORACLE).expect("the oracle is JSON");
        let cases: Vec<Value> = all.into_iter().filter(|case| case["stat"] == stat).collect();
        assert!(!cases.is_empty(), "no case of {stat}");
        cases
    }

    #[track_caller]
    fn check(id: &Value, what: &str, found: Option<f64>, expected: &Value, tolerance: f64) {
        let close = match (found, expected.as_f64()) {
            (None, None) => expected.is_null(),
            (Some(found), Some(expected)) => {
                let near_zero = if tolerance == INTERVAL { NEAR_ZERO } else { 0.0 };
                (found - expected).abs() <= (tolerance * expected.abs()).max(near_zero)
            }
            _ => false,
        };
        assert!(close, "{id} {what}: found {found:?}, expected {expected}");
    }

    fn histogram(counts: &Value) -> Histogram {
        let counts = counts.as_array().expect("counts").iter().map(|count| count.as_u64().expect("a count"));
        Histogram { start: 0, counts: counts.collect() }
    }

    /// Checks that a histogram was found for the oracle's moments and not for others.
    #[track_caller]
    fn check_moments(histogram: &Histogram, n: &Value, sum: &Value, squares: &Value) {
        let found = [i128::from(histogram.base()), histogram.sum(), histogram.sum_of_squares()];
        let expected = [n, sum, squares].map(|moment| i128::from(moment.as_u64().expect("a moment")));
        assert_eq!(found, expected);
    }

    #[test]
    fn wilson_agrees_with_the_oracle() {
        for case in cases("proportion") {
            let input = |name: &str| case["input"][name].as_u64().expect("a count");
            let interval = wilson(input("x"), input("n"));
            let expected = &case["expected"];
            check(&case["id"], "low", interval.map(|i| i.low), &expected["lo"], INTERVAL);
            check(&case["id"], "high", interval.map(|i| i.high), &expected["hi"], INTERVAL);
        }
    }

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
        assert_eq!(wilson(7, 6), None);
        assert_eq!(wilson(1, 0), None);
    }

    #[test]
    fn correlations_agree_with_the_oracle() {
        for case in cases("pearson") {
            let (id, input, expected) = (&case["id"], &case["input"], &case["expected"]);
            let x = histogram(&case["histograms"]["x"]);
            let y = histogram(&case["histograms"]["y"]);
            check_moments(&x, &input["n"], &input["sx"], &input["sxx"]);
            check_moments(&y, &input["n"], &input["sy"], &input["syy"]);
            let r = pearson(&x, &y, input["sxy"].as_u64().expect("a sum"));
            check(id, "r", r, &expected["r"], COEFFICIENT);
            check_test(id, r, x.base(), expected);
        }
    }

    #[test]
    fn tests_of_published_correlations_agree_with_the_oracle() {
        for case in cases("r_n_to_p") {
            let input = &case["input"];
            check_test(&case["id"], input["r"].as_f64(), input["n"].as_u64().expect("n"), &case["expected"]);
        }
    }

    /// Checks t, df, p and the interval; a perfect correlation has none of them, whatever the oracle's limit.
    #[track_caller]
    fn check_test(id: &Value, r: Option<f64>, n: u64, expected: &Value) {
        let test = r.and_then(|r| correlation_test(r, n));
        let interval = r.and_then(|r| fisher_interval(r, n));
        let is_perfect = expected["t"].is_string();
        let or_none = |name: &str| if is_perfect { Value::Null } else { expected[name].clone() };
        check(id, "t", test.map(|test| test.t), &or_none("t"), INTERVAL);
        check(id, "p", test.map(|test| test.p_value), &or_none("p"), P_VALUE);
        check(id, "low", interval.map(|i| i.low), &expected["ci_lo"], INTERVAL);
        check(id, "high", interval.map(|i| i.high), &expected["ci_hi"], INTERVAL);
        if let Some(test) = test {
            assert_eq!(Some(test.degrees_of_freedom), expected["df"].as_u64(), "{id} df");
        }
    }

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
    fn moments_agree_with_the_oracle() {
        for case in cases("moments") {
            let (id, input, expected) = (&case["id"], &case["input"], &case["expected"]);
            let values = histogram(&case["histograms"]["x"]);
            check_moments(&values, &input["n"], &input["sx"], &input["sxx"]);
            check(id, "mean", values.mean(), &expected["mean"], COEFFICIENT);
            check(id, "sd", values.standard_deviation(), &expected["sd"], COEFFICIENT);
        }
    }

    #[test]
    fn medians_agree_with_the_oracle() {
        for case in cases("histogram") {
            let counts = histogram(&case["input"]["counts"]).counts;
            let start = case["input"]["values"][0].as_u64().expect("a value") as u16;
            let expected = case["expected"].get("median_type2").unwrap_or(&Value::Null);
            check(&case["id"], "median", Histogram { start, counts }.median(), expected, 0.0);
        }
    }

    #[test]
    fn nobody_has_no_mean_median_or_standard_deviation() {
        for counts in [vec![], vec![0, 0, 0]] {
            let nobody = Histogram { start: 1, counts };
            assert_eq!((nobody.mean(), nobody.median(), nobody.standard_deviation()), (None, None, None));
        }
    }

    #[test]
    fn one_value_has_no_standard_deviation() {
        let one = Histogram { start: 1, counts: vec![0, 0, 1] };
        assert_eq!((one.mean(), one.median(), one.standard_deviation()), (Some(3.0), Some(3.0), None));
    }

    #[test]
    fn holm_agrees_with_the_oracle() {
        for case in cases("holm") {
            let p: Vec<Option<f64>> =
                case["input"]["p"].as_array().expect("p-values").iter().map(Value::as_f64).collect();
            let expected = case["expected"]["adjusted"].as_array().expect("p-values");
            let adjusted = holm(&p);
            assert_eq!(adjusted.len(), expected.len(), "{}", case["id"]);
            for (found, expected) in adjusted.into_iter().zip(expected) {
                check(&case["id"], "adjusted", found, expected, COEFFICIENT);
            }
        }
    }

    #[test]
    fn no_tests_are_no_family() {
        assert_eq!(holm(&[]), []);
        assert_eq!(holm(&[None, None]), [None, None]);
    }
}
