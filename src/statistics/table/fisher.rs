//! Fisher's exact test.

use super::Table;

/// After so many tables the test is given up: some hundred milliseconds.
const MOST_TABLES: u64 = 2_000_000;

/// The most columns of a table that is enumerated.
const MOST_COLUMNS: usize = 64;

/// Tables whose probability exceeds the observed one by no more are as probable: R's tolerance.
const AS_PROBABLE: f64 = 1.0 + 1e-7;

impl Table {
    /// Returns the two-sided p-value of Fisher's exact test, in the form of Freeman and Halton: the sum of the
    /// probabilities of all tables with these margins that are not more probable than this one.
    ///
    /// Returns `None` for a table of more than two rows and two columns, and where more tables count than
    /// `MOST_TABLES` (2×2: n beyond some 10¹⁰) or more columns than `MOST_COLUMNS`. It is 0 where it
    /// is below the smallest `f64`.
    /// Agrees with R's `fisher.test(x)$p.value`; see Freeman & Halton (1951), *Biometrika* 38:141.
    pub fn fisher_test(&self) -> Option<f64> {
        let columns: Vec<[u64; 2]> = match (self.rows.as_slice(), self.column_sums.len()) {
            ([first, second], _) => first.iter().zip(second).map(|(a, b)| [*a, *b]).collect(),
            (rows, 2) => rows.iter().map(|row| [row[0], row[1]]).collect(),
            _ => return None,
        };
        match columns.as_slice() {
            [[a, b], [c, d]] => two_by_two([*a, *b, *c, *d]),
            _ => two_by_many(&columns),
        }
    }
}

/// Sums the probabilities from the most probable table outward, each from its neighbour by their ratio.
///
/// All are relative to the greatest, so that the observed one may be as small as an `f64` can be.
fn two_by_two([a, b, c, d]: [u64; 4]) -> Option<f64> {
    // The margins are those of the first row, of the first column and of everything.
    let (row, column, n) = (a + b, a + c, a + b + c + d);
    let (least, most) = (row.saturating_sub(n - column), row.min(column));
    let mode = ((u128::from(row) + 1) * (u128::from(column) + 1) / (u128::from(n) + 2)) as u64;
    let mode = mode.clamp(least, most);
    // Of the table with a + 1 to that with a.
    let ratio = |a: u64| {
        let up = (row - a) as f64 * (column - a) as f64;
        up / ((a + 1) as f64 * ((n - row) - (column - a) + 1) as f64)
    };
    let mut budget = MOST_TABLES;
    let upper = relative((mode..most).map(ratio), &mut budget)?;
    let lower = relative((least..mode).rev().map(|a| 1.0 / ratio(a)), &mut budget)?;
    let far = if a >= mode { upper.get((a - mode) as usize) } else { lower.get((mode - a) as usize) };
    Some(share(*far.unwrap_or(&0.0), upper.into_iter().chain(lower.into_iter().skip(1))))
}

/// Returns 1 and the running products of ratios, until they vanish.
fn relative(ratios: impl Iterator<Item = f64>, budget: &mut u64) -> Option<Vec<f64>> {
    let mut probabilities = vec![1.0];
    let mut product = 1.0;
    for ratio in ratios {
        product *= ratio;
        // Not 0: below this, a product with a ratio near 1 is rounded to itself, for ever.
        if product < f64::MIN_POSITIVE {
            break;
        }
        *budget = budget.checked_sub(1)?;
        probabilities.push(product);
    }
    Some(probabilities)
}

/// Returns the share of the probabilities not above the observed one in all of them.
fn share(observed: f64, probabilities: impl Iterator<Item = f64>) -> f64 {
    let (mut extreme, mut all) = (0.0, 0.0);
    for probability in probabilities {
        all += probability;
        if probability <= observed * AS_PROBABLE {
            extreme += probability;
        }
    }
    (extreme / all).min(1.0)
}

/// Enumerates what the first row may hold; the probability of a table is the product of binomial coefficients.
fn two_by_many(columns: &[[u64; 2]]) -> Option<f64> {
    let n: u64 = columns.iter().flatten().sum();
    if columns.len() > MOST_COLUMNS || n > MOST_TABLES {
        return None;
    }
    let binomials = columns.iter().map(|[a, b]| binomials(a + b)).collect();
    let mut tables = Tables { binomials, probabilities: Vec::new(), budget: MOST_TABLES };
    let row = columns.iter().map(|[a, _]| a).sum::<u64>();
    tables.visit(columns.len(), row as usize, 1.0)?;
    let observed = columns.iter().zip(&tables.binomials).map(|([a, _], column)| column[*a as usize]).rev();
    let observed = observed.fold(1.0, |product, factor| product * factor);
    Some(share(observed, tables.probabilities.into_iter()))
}

/// Returns the binomial coefficients of n, relative to the greatest.
fn binomials(n: u64) -> Vec<f64> {
    let middle = n / 2;
    let mut upper = vec![1.0];
    for k in middle..n {
        upper.push(upper[upper.len() - 1] * (n - k) as f64 / (k + 1) as f64);
    }
    let lower = (n - middle + 1..=n).rev().map(|k| upper[(k - middle) as usize]);
    lower.chain(upper.iter().copied()).collect()
}

struct Tables {
    binomials: Vec<Vec<f64>>,
    probabilities: Vec<f64>,
    budget: u64,
}

impl Tables {
    /// Distributes `left` over the first `columns`; returns `None` when the budget is used up.
    fn visit(&mut self, columns: usize, left: usize, product: f64) -> Option<()> {
        self.budget = self.budget.checked_sub(1)?;
        let Some(column) = columns.checked_sub(1) else {
            self.probabilities.push(product);
            return Some(());
        };
        let room: usize = self.binomials[..column].iter().map(|others| others.len() - 1).sum();
        for taken in left.saturating_sub(room)..=left.min(self.binomials[column].len() - 1) {
            self.visit(column, left - taken, product * self.binomials[column][taken])?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[Vec<u64>], expected: f64) {
        let found = Table::new(rows).unwrap().fisher_test().unwrap();
        assert!((found - expected).abs() <= 1e-12 * expected, "{rows:?}: {found}, not {expected}");
    }

    #[test]
    fn the_lady_tasting_tea_has_her_p() {
        // Of 70 ways to choose four cups, 1 + 16 + 16 + 1 are not more probable; the worst two are 2.
        check(&[vec![3, 1], vec![1, 3]], 34.0 / 70.0);
        check(&[vec![4, 0], vec![0, 4]], 2.0 / 70.0);
    }

    #[test]
    fn a_third_column_is_enumerated() {
        // Of C(6, 3) = 20 first rows, {1,1,1} has 8, the six {2,1,0} have 2 each.
        check(&[vec![2, 1, 0], vec![0, 1, 2]], 12.0 / 20.0);
        check(&[vec![1, 1, 1], vec![1, 1, 1]], 1.0);
        check(&[vec![2, 0], vec![1, 1], vec![0, 2]], 12.0 / 20.0);
    }

    #[test]
    fn billions_have_an_exact_test() {
        let billions = Table::new(&[vec![2_000_000_000, 2_000_000_000], vec![2_000_000_000, 2_000_000_100]]);
        let p = billions.unwrap().fisher_test().unwrap();
        assert!(p > 0.99 && p <= 1.0, "{p}");
    }

    #[test]
    fn what_is_not_offered_or_too_much_has_no_p() {
        let diagonal = Table::new(&[vec![1, 0, 0], vec![0, 1, 0], vec![0, 0, 1]]).unwrap();
        assert_eq!(diagonal.fisher_test(), None);
        let many = Table::new(&[vec![500; 9], vec![500; 9]]).unwrap();
        assert_eq!(many.fisher_test(), None);
    }
}
