//! Laws of the statistics, over random input.
#![cfg(not(target_arch = "wasm32"))]

use balint_survey::statistics::{
    Correlation, Histogram, Moments, PairMoments, Table, chi_square_tail, clopper_pearson, cronbach_alpha,
    holm, normal_tail, pearson, permutation_test, student_quantile, student_tail, welch, wilson,
};
use proptest::prelude::*;

/// Any count, the extremes among them.
fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![0..50_u64, any::<u64>(), Just(0), Just(u64::MAX), Just(1 << 62)]
}

fn any_moments() -> impl Strategy<Value = Moments> {
    let sum = prop_oneof![-50..50_i128, any::<i128>()];
    let squares = prop_oneof![0..50_u128, any::<u128>()];
    (any_count(), sum, squares).prop_map(|(n, sum, squares)| Moments { n, sum, squares })
}

fn any_histogram() -> impl Strategy<Value = Histogram> {
    let counts = prop::collection::vec(any_count(), 0..6);
    (prop_oneof![0..9_u16, any::<u16>()], counts).prop_map(|(start, counts)| Histogram { start, counts })
}

fn small_pairs() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0..4_u64, 0..6_u64), 3..30)
}

fn any_rows() -> impl Strategy<Value = Vec<Vec<u64>>> {
    (1..5_usize).prop_flat_map(|width| {
        let count = prop_oneof![8 => 0..30_u64, 1 => any_count()];
        prop::collection::vec(prop::collection::vec(count, width), 0..5)
    })
}

/// Tables of two rows, so that each has an exact test.
fn two_rows() -> impl Strategy<Value = Vec<Vec<u64>>> {
    (2..4_usize).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(0..20_u64, width), 2))
}

fn transposed(rows: &[Vec<u64>]) -> Vec<Vec<u64>> {
    (0..rows[0].len()).map(|i| rows.iter().map(|row| row[i]).collect()).collect()
}

fn counted(values: impl Iterator<Item = u64>) -> Histogram {
    let mut counts = vec![0; 6];
    values.for_each(|value| counts[value as usize] += 1);
    Histogram { start: 0, counts }
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * a.abs().max(b.abs())
}

fn is_probability(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn intervals_of_a_proportion_hold_it_within_0_and_1(base in 1..1_000_000_u64, share in 0.0..=1.0_f64) {
        let successes = ((base as f64 * share) as u64).min(base);
        let rate = successes as f64 / base as f64;
        for interval in [wilson(successes, base), clopper_pearson(successes, base)] {
            let interval = interval.expect("a base");
            prop_assert!(0.0 <= interval.low && interval.low <= rate, "{} of {}: {:?}", successes, base, interval);
            prop_assert!(rate <= interval.high && interval.high <= 1.0, "{} of {}: {:?}", successes, base, interval);
        }
    }

    #[test]
    fn failures_have_the_mirrored_exact_interval(base in 1..10_000_u64, share in 0.0..=1.0_f64) {
        let successes = ((base as f64 * share) as u64).min(base);
        let interval = clopper_pearson(successes, base).expect("a base");
        let mirrored = clopper_pearson(base - successes, base).expect("a base");
        prop_assert!((interval.low + mirrored.high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn holms_p_values_are_no_smaller_and_keep_the_order(p in prop::collection::vec(0.0..=1.0_f64, 1..9)) {
        let adjusted: Vec<f64> = holm(&p.iter().copied().map(Some).collect::<Vec<_>>()).into_iter().flatten().collect();
        prop_assert_eq!(adjusted.len(), p.len());
        for i in 0..p.len() {
            prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
            }
        }
    }

    #[test]
    fn permutation_p_is_of_real_pairs_and_of_either_order(pairs in small_pairs()) {
        let (x, y) = (counted(pairs.iter().map(|pair| pair.0)), counted(pairs.iter().map(|pair| pair.1)));
        let sum_xy = pairs.iter().map(|(x, y)| x * y).sum();
        let (p, mirrored) = (permutation_test(&x, &y, sum_xy), permutation_test(&y, &x, sum_xy));
        prop_assert_eq!(p.is_some(), pearson(&x, &y, sum_xy).is_some());
        if let (Some(p), Some(mirrored)) = (p, mirrored) {
            prop_assert!(p > 0.0 && p <= 1.0);
            prop_assert!(is_close(p, mirrored), "{p} {mirrored}");
        }
    }

    #[test]
    fn halves_have_one_exact_test(a in 0..20_u64, b in 0..20_u64, c in 0..20_u64) {
        // With columns of equal sums the more probable tables are those nearer to independence.
        let (b, d) = (b.min(a + c), (a + c).saturating_sub(b));
        let x = Histogram { start: 0, counts: vec![a + b, c + d] };
        let y = Histogram { start: 0, counts: vec![a + c, b + d] };
        let fisher = Table::new(&[vec![a, b], vec![c, d]]).and_then(|table| table.fisher_test());
        let permuted = permutation_test(&x, &y, d);
        prop_assert_eq!(fisher.is_some() && a + b + c + d > 2, permuted.is_some());
        if let (Some(fisher), Some(permuted)) = (fisher, permuted) {
            prop_assert!(is_close(fisher, permuted), "{fisher} {permuted}");
        }
    }

    #[test]
    fn tests_of_a_table_do_not_know_rows_from_columns(rows in two_rows()) {
        let [found, mirrored] = [Table::new(&rows), Table::new(&transposed(&rows))];
        prop_assert_eq!(found.is_some(), mirrored.is_some());
        if let (Some(found), Some(mirrored)) = (found, mirrored) {
            let (a, b) = (found.fisher_test().expect("a p"), mirrored.fisher_test().expect("a p"));
            prop_assert!(is_close(a, b) && a > 0.0 && a <= 1.0, "{a} {b}");
            let (a, b) = (found.chi_square().expect("a test"), mirrored.chi_square().expect("a test"));
            prop_assert!((a.p_value - b.p_value).abs() < 1e-12 && a.degrees_of_freedom == b.degrees_of_freedom);
            let (a, b) = (found.rank_association().expect("a ρ"), mirrored.rank_association().expect("a ρ"));
            prop_assert!((a.tau_b - b.tau_b).abs() < 1e-12 && (a.spearman.r() - b.spearman.r()).abs() < 1e-12);
            prop_assert_eq!((a.concordant, a.discordant), (b.concordant, b.discordant));
        }
    }

    #[test]
    fn tails_are_probabilities_that_fall(t in 0.0..100.0_f64, more in 0.0..10.0_f64, df in 1.0..1e9_f64) {
        let tails = [
            [t, t + more].map(|t| student_tail(t, df)),
            [t, t + more].map(normal_tail),
            [t, t + more].map(|x| chi_square_tail(x, df.min(1e6) as u64)),
        ];
        for [near, far] in tails {
            let (near, far) = (near.expect("a tail"), far.expect("a tail"));
            prop_assert!(is_probability(near.p_value) && is_probability(far.p_value));
            prop_assert!(far.log10_p <= near.log10_p + 1e-12 * near.log10_p.abs());
        }
        prop_assert_eq!(student_tail(t, df), student_tail(-t, df));
        prop_assert!(is_close(student_tail(student_quantile(df).expect("q"), df).expect("p").p_value, 0.05));
    }

    #[test]
    fn correlations_stay_within_1_and_in_their_interval(pairs in small_pairs()) {
        let (x, y) = (counted(pairs.iter().map(|pair| pair.0)), counted(pairs.iter().map(|pair| pair.1)));
        let sum_xy = pairs.iter().map(|(x, y)| x * y).sum();
        if let Some(found) = PairMoments::new(&x, &y, sum_xy).and_then(|pairs| pairs.correlation()) {
            prop_assert!((found.unexplained() - (1.0 - found.r() * found.r())).abs() < 1e-14);
            prop_assert_eq!(found.test().is_some(), found.unexplained() > 0.0);
            if let Some(interval) = found.interval() {
                prop_assert!(-1.0 <= interval.low && interval.low < found.r());
                prop_assert!(found.r() < interval.high && interval.high <= 1.0);
            }
        }
    }

    #[test]
    fn no_input_makes_anything_panic(
        (x, y, sum) in (any_histogram(), any_histogram(), any_count()),
        (a, b) in (any_moments(), any_moments()),
        rows in any_rows(),
        (t, df, k) in (any::<f64>(), any::<f64>(), any_count()),
    ) {
        let finite = |figure: Option<f64>| figure.is_none_or(f64::is_finite);
        prop_assert!(finite(pearson(&x, &y, sum)) && finite(permutation_test(&x, &y, sum)));
        prop_assert!(finite(x.mean()) && finite(x.median()) && finite(x.standard_deviation()));
        let _ = (x.quartiles_type_7(), x.modes(), x.min(), x.max(), x.base());
        prop_assert!(finite(a.mean()) && finite(a.variance()) && finite(a.interval().map(|i| i.low)));
        prop_assert!(finite(welch(&a, &b).map(|test| test.p_value)) && finite(cronbach_alpha(&[a, b], &a)));
        let pairs = PairMoments { x: a, y: b, products: a.sum };
        prop_assert!(finite(pairs.correlation().and_then(|found| found.test()).map(|test| test.t)));
        prop_assert!(finite(Correlation::published(t, k).and_then(|found| found.test()).map(|test| test.p_value)));
        prop_assert!(finite(student_tail(t, df).map(|tail| tail.p_value)) && finite(student_quantile(df)));
        prop_assert!(finite(chi_square_tail(t, k).map(|tail| tail.p_value)));
        prop_assert!(finite(normal_tail(t).map(|tail| tail.p_value)));
        prop_assert!(finite(clopper_pearson(sum.min(k), k).map(|interval| interval.low)));
        if let Some(table) = Table::new(&rows) {
            prop_assert!(finite(table.chi_square().map(|test| test.p_value)) && finite(table.fisher_test()));
            prop_assert!(finite(table.rank_association().map(|found| found.tau_b)));
        }
    }
}
