//! Tails of distributions, as far out as an `f64` reaches and beyond by their logarithm.
//!
//! Every sum and integral here has positive terms only, so that nothing cancels; where p is near 1, it is its
//! complement that is computed.

use std::f64::consts::{FRAC_PI_2, LN_2, LN_10, PI};

use super::Z_975;

/// ln √(2π).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// After so many terms a series is given up; at the mode of χ² it takes some √df.
const MOST_TERMS: usize = 1_000_000;

/// A tail probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// 0 where it is below the smallest `f64`.
    pub p_value: f64,
    pub log10_p: f64,
}

impl Tail {
    fn of_ln(ln_p: f64) -> Option<Tail> {
        let p_value = ln_p.exp().min(1.0);
        (!ln_p.is_nan()).then_some(Tail { p_value, log10_p: ln_p.min(0.0) / LN_10 })
    }

    fn of_complement(complement: f64) -> Option<Tail> {
        let ln_p = (-complement.min(1.0)).ln_1p();
        (!complement.is_nan()).then_some(Tail { p_value: 1.0 - complement.min(1.0), log10_p: ln_p / LN_10 })
    }
}

/// Returns the two-sided tail probability of the standard normal distribution, that of χ² = z².
///
/// Agrees with R's `2 * pnorm(-abs(z))`.
pub fn normal_tail(z: f64) -> Option<Tail> {
    chi_square_tail((z * z).min(f64::MAX), 1).filter(|_| !z.is_nan())
}

/// Returns the two-sided tail probability of Student's t with `df` ≥ 1 degrees of freedom.
///
/// Agrees with R's `2 * pt(-abs(t), df)`. Near 0 its complement is a power series (Abramowitz & Stegun,
/// 26.5.4); beyond, p is the density at t times ∫₀^∞ of the density's ratio to it, by quadrature.
pub fn student_tail(t: f64, df: f64) -> Option<Tail> {
    if !t.is_finite() || !df.is_finite() || df < 1.0 {
        return None;
    }
    let t = t.abs();
    if t * t < 0.5 {
        Tail::of_complement(student_centre(t, df)?)
    } else {
        Tail::of_ln(LN_2 + ln_student_density(t, df) + ln_student_ratios(t, df))
    }
}

/// Returns P(|T| ≤ t) = 2·t·f(t)·Σ Π y·((df + 1)/2 + k)/(3/2 + k), with y = t²/(df + t²).
fn student_centre(t: f64, df: f64) -> Option<f64> {
    let y = t * t / (df + t * t);
    let ratio = |k: f64| y * (df / 2.0 + 0.5 + k) / (1.5 + k);
    Some(2.0 * t * ln_student_density(t, df).exp() * series(ratio)?)
}

/// Returns ln ∫₀^∞ f(t + s)/f(t) ds, which with s = t·u is ∫ exp(−(df + 1)/2·ln(1 + u·(2 + u)·w))·t du.
fn ln_student_ratios(t: f64, df: f64) -> f64 {
    // t²/(df + t²), without an overflow of t².
    let w = 1.0 / (1.0 + (df.sqrt() / t).powi(2));
    let ratio = |u: f64| (-(df + 1.0) / 2.0 * (u * (2.0 + u) * w).ln_1p()).exp();
    t.ln() + integral(ratio, 1.0 / ((df + 1.0) * w)).ln()
}

fn ln_student_density(t: f64, df: f64) -> f64 {
    let z = t / df.sqrt();
    // ln(1 + z²), without an overflow of z².
    let spread = if z > 1.0 { 2.0 * z.ln() + z.powi(-2).ln_1p() } else { (z * z).ln_1p() };
    ln_gamma_ratio(df / 2.0) - LN_SQRT_2PI - (df + 1.0) / 2.0 * spread
}

/// Returns the 97.5 % quantile of Student's t with `df` ≥ 1 degrees of freedom.
///
/// Agrees with R's `qt(0.975, df)`: Newton's method on ln p as a function of ln t, which is concave, so that it
/// converges from any start.
pub fn student_quantile(df: f64) -> Option<f64> {
    const LN_P: f64 = -2.995_732_273_553_991; // ln 0.05
    let mut t = Z_975;
    for _ in 0..100 {
        let ln_p = student_tail(t, df)?.log10_p * LN_10;
        let slope = -2.0 * t * (ln_student_density(t, df) - ln_p).exp();
        let step = (LN_P - ln_p) / slope;
        t *= step.exp();
        if step.abs() < 1e-15 {
            break;
        }
    }
    t.is_finite().then_some(t)
}

/// Returns the upper tail probability of χ² with `df` degrees of freedom.
///
/// Agrees with R's `pchisq(x, df, lower.tail = FALSE)`: the power series of the complement below df + 2, the
/// continued fraction beyond; see Abramowitz & Stegun, 6.5.29 and 6.5.31.
pub fn chi_square_tail(x: f64, df: u64) -> Option<Tail> {
    if df == 0 || !x.is_finite() || x < 0.0 {
        return None;
    }
    if x == 0.0 {
        return Tail::of_complement(0.0);
    }
    let (a, x) = (df as f64 / 2.0, x / 2.0);
    let ln_front = a * ln_ratio(x, a) + (a - x) - (2.0 * PI * a).ln() / 2.0 - stirling_error(a);
    if x < a + 1.0 {
        Tail::of_complement(ln_front.exp() * series(|k| x / (a + 1.0 + k))?)
    } else {
        Tail::of_ln(ln_front + a.ln() + gamma_fraction(a, x)?.ln())
    }
}

/// Returns the continued fraction 1/(x + 1 − a − 1·(1 − a)/(x + 3 − a − …)), by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> Option<f64> {
    let mut b = x + 1.0 - a;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..MOST_TERMS {
        let numerator = i as f64 * (a - i as f64);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            return Some(fraction);
        }
    }
    None
}

/// Returns 1 + r(0) + r(0)·r(1) + …, or `None` where that does not end.
fn series(ratio: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 0..MOST_TERMS {
        term *= ratio(k as f64);
        sum += term;
        if term < sum * f64::EPSILON / 8.0 {
            return Some(sum);
        }
    }
    None
}

/// Returns ∫₀^∞ of a function that falls within about `scale`, be it only as a power.
///
/// The exp-sinh rule of Takahasi & Mori (1974), *Publ. RIMS* 9:721, with u = scale·exp(π/2·sinh x).
fn integral(function: impl Fn(f64) -> f64, scale: f64) -> f64 {
    const STEPS_PER_UNIT: i32 = 16;
    let term = |i: i32| {
        let x = f64::from(i) / f64::from(STEPS_PER_UNIT);
        let u = scale * (FRAC_PI_2 * x.sinh()).exp();
        function(u) * u * FRAC_PI_2 * x.cosh()
    };
    (-4 * STEPS_PER_UNIT..=4 * STEPS_PER_UNIT).map(term).sum::<f64>() / f64::from(STEPS_PER_UNIT)
}

/// Returns ln Γ(a + ½) − ln Γ(a) − ½·ln a, for a ≥ ½; it vanishes as −1/(8a).
fn ln_gamma_ratio(a: f64) -> f64 {
    if a < 1.0 {
        return ln_gamma_ratio(a + 1.0) + (a * (a + 1.0)).ln() / 2.0 - (a + 0.5).ln();
    }
    stirling_error(a - 0.5) - stirling_error(a) + (a * (-0.5 / a).ln_1p() + 0.5)
}

/// Returns ln Γ(a + 1) − ((a + ½)·ln a − a + ln √(2π)), for a > 0: upward recurrence, then Stirling's series.
///
/// See Abramowitz & Stegun, 6.1.41, and Loader (2000), *Fast and Accurate Computation of Binomial Probabilities*.
pub(super) fn stirling_error(mut a: f64) -> f64 {
    let mut lifted = 0.0;
    while a < 16.0 {
        lifted += (a + 0.5) * (1.0 / a).ln_1p() - 1.0;
        a += 1.0;
    }
    let square = a * a;
    let terms = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    lifted + terms.iter().rev().fold(0.0, |sum, term| sum / square + term) / a
}

/// Returns ln(x/a), also where x is all but a.
pub(super) fn ln_ratio(x: f64, a: f64) -> f64 {
    if x < a / 2.0 { (x / a).ln() } else { ((x - a) / a).ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_what_is_no_number_do_not_exist() {
        for bad in [f64::NAN, f64::INFINITY] {
            assert_eq!((student_tail(bad, 3.0), student_tail(1.0, bad)), (None, None));
            assert_eq!((chi_square_tail(bad, 3), student_quantile(bad)), (None, None));
        }
        assert_eq!(
            (student_tail(1.0, 0.5), chi_square_tail(-1.0, 1), chi_square_tail(1.0, 0)),
            (None, None, None)
        );
        assert_eq!(normal_tail(f64::NAN), None);
        assert_eq!(normal_tail(f64::INFINITY).unwrap().p_value, 0.0);
    }

    #[test]
    fn extremes_have_tails() {
        let far = student_tail(f64::MAX, 1.0).unwrap();
        assert!(far.log10_p < -308.0 && far.log10_p > -309.0, "{far:?}");
        assert_eq!(student_tail(0.0, 1e300).unwrap().p_value, 1.0);
        assert!(chi_square_tail(f64::MAX, 1).unwrap().log10_p < -1e300);
        assert_eq!(student_tail(0.8, f64::MAX), None);
        assert_eq!(chi_square_tail(f64::MIN_POSITIVE, 1000).unwrap().p_value, 1.0);
    }

    #[test]
    fn both_ways_to_students_tail_meet() {
        let border = 0.5_f64.sqrt();
        for df in [1.0, 1.5, 7.0, 1e3, 1e9] {
            let centre = 1.0 - student_centre(border, df).unwrap();
            let tail =
                Tail::of_ln(LN_2 + ln_student_density(border, df) + ln_student_ratios(border, df)).unwrap();
            assert!((centre - tail.p_value).abs() < 1e-14, "{df}: {centre}, {tail:?}");
        }
    }
}
