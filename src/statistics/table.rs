//! Tables of counts: χ², Fisher's exact test, rank association.

mod fisher;
mod rank;

pub use rank::{KendallTest, RankAssociation};

use super::distribution::chi_square_tail;

/// A table of counts with at least two rows and two columns, none of them empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Vec<u64>>,
    row_sums: Vec<u64>,
    column_sums: Vec<u64>,
    n: u64,
}

/// Pearson's test of the independence of rows and columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquareTest {
    pub statistic: f64,
    pub degrees_of_freedom: u64,
    /// 0 where it is below the smallest `f64`.
    pub p_value: f64,
    pub log10_p: f64,
    pub cramers_v: f64,
    /// Cramér's V, corrected for its bias; see Bergsma (2013), *J. Korean Stat. Soc.* 42:323.
    pub corrected_v: Option<f64>,
    pub least_expected: f64,
    /// The number of expected counts below 5.
    pub expected_below_5: usize,
}

impl Table {
    /// Returns a table without its empty rows and columns.
    ///
    /// Returns `None` for rows of different lengths, when fewer than two rows or columns are left, and for
    /// more than `u64::MAX` values.
    pub fn new(rows: &[Vec<u64>]) -> Option<Table> {
        let width = rows.first()?.len();
        if rows.iter().any(|row| row.len() != width) {
            return None;
        }
        let columns: Option<Vec<u64>> = (0..width).map(|i| total(rows.iter().map(|row| row[i]))).collect();
        let columns = columns?;
        let used = |row: &Vec<u64>| -> Vec<u64> {
            row.iter().zip(&columns).filter(|(_, sum)| **sum > 0).map(|(count, _)| *count).collect()
        };
        let rows: Vec<Vec<u64>> = rows.iter().filter(|row| row.iter().any(|c| *c > 0)).map(used).collect();
        let row_sums: Option<Vec<u64>> = rows.iter().map(|row| total(row.iter().copied())).collect();
        let row_sums = row_sums?;
        let n = total(row_sums.iter().copied())?;
        let column_sums: Vec<u64> = columns.into_iter().filter(|sum| *sum > 0).collect();
        (row_sums.len() >= 2 && column_sums.len() >= 2).then_some(Table { rows, row_sums, column_sums, n })
    }

    pub fn n(&self) -> u64 {
        self.n
    }

    /// Returns Pearson's χ² test, without continuity correction.
    ///
    /// Returns `None` where a product exceeds 127 bits, which takes some 2⁶³ values. Agrees with R's `chisq.test(x, correct = FALSE)`;
    /// see Pearson (1900), *Philos. Mag.* 50:157.
    pub fn chi_square(&self) -> Option<ChiSquareTest> {
        let statistic = self.statistic()?;
        let (r, c) = (self.row_sums.len() as f64, self.column_sums.len() as f64);
        let degrees_of_freedom = (self.row_sums.len() as u64 - 1) * (self.column_sums.len() as u64 - 1);
        let tail = chi_square_tail(statistic, degrees_of_freedom)?;
        let n = self.n as f64;
        let square = (r - 1.0) * (c - 1.0) / (n - 1.0);
        let levels = |k: f64| k - 1.0 - (k - 1.0) * (k - 1.0) / (n - 1.0);
        let corrected = ((statistic / n - square).max(0.0) / levels(r.min(c))).sqrt();
        Some(ChiSquareTest {
            statistic,
            degrees_of_freedom,
            p_value: tail.p_value,
            log10_p: tail.log10_p,
            cramers_v: (statistic / (n * (r.min(c) - 1.0))).sqrt().min(1.0),
            corrected_v: corrected.is_finite().then_some(corrected.min(1.0)),
            least_expected: self.products().min()? as f64 / n,
            expected_below_5: self.products().filter(|product| *product < 5 * u128::from(self.n)).count(),
        })
    }

    /// Returns Σ (n·observed − row·column)² / (n·row·column), the differences of which are exact.
    fn statistic(&self) -> Option<f64> {
        let n = i128::from(self.n);
        let mut sum = 0.0;
        for (observed, product) in self.rows.iter().flatten().zip(self.products()) {
            let difference =
                n.checked_mul(i128::from(*observed))?.checked_sub(i128::try_from(product).ok()?)?;
            let difference = difference as f64;
            sum += difference / product as f64 * difference / n as f64;
        }
        Some(sum)
    }

    /// Returns row sum × column sum of every cell: n times the expected count.
    fn products(&self) -> impl Iterator<Item = u128> {
        let product = |row: &u64, column: &u64| u128::from(*row) * u128::from(*column);
        self.row_sums
            .iter()
            .flat_map(move |row| self.column_sums.iter().map(move |column| product(row, column)))
    }
}

fn total(mut counts: impl Iterator<Item = u64>) -> Option<u64> {
    counts.try_fold(0, u64::checked_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_needs_two_rows_and_two_columns() {
        for rows in
            [vec![], vec![vec![]], vec![vec![1, 2]], vec![vec![1, 0], vec![2, 0]], vec![vec![1, 2], vec![3]]]
        {
            assert_eq!(Table::new(&rows), None, "{rows:?}");
        }
    }

    #[test]
    fn more_values_than_can_be_counted_are_no_table() {
        assert_eq!(Table::new(&[vec![u64::MAX, 1], vec![0, 1]]), None);
        let most = Table::new(&[vec![1 << 62, 1 << 61], vec![1 << 61, 1 << 62]]).unwrap();
        assert!(most.chi_square().is_some());
        assert_eq!(most.fisher_test(), None);
        assert_eq!(most.rank_association(), None);
    }

    #[test]
    fn two_values_have_no_corrected_v() {
        let two = Table::new(&[vec![1, 0], vec![0, 1]]).unwrap().chi_square().unwrap();
        assert_eq!((two.cramers_v, two.corrected_v), (1.0, None));
    }
}
