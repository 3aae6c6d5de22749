//! The counts of an integer variable, and what can be read off them.

use super::Moments;

/// The counts of a variable whose levels are consecutive integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The value of the first level.
    pub start: u16,
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Returns how many values there are; more than `u64` holds count as its maximum, and have no figures.
    pub fn base(&self) -> u64 {
        self.counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count))
    }

    /// Returns the levels that occur, with their counts.
    pub fn levels(&self) -> impl Iterator<Item = (u64, u64)> {
        let start = u64::from(self.start);
        let levels = self.counts.iter().enumerate().map(move |(i, &count)| (start + i as u64, count));
        levels.filter(|(_, count)| *count > 0)
    }

    /// Returns the number of values, their sum and that of their squares, or `None` on overflow.
    pub fn moments(&self) -> Option<Moments> {
        let mut moments = Moments { n: 0, sum: 0, squares: 0 };
        for (value, count) in self.levels() {
            let sum = u128::from(value).checked_mul(u128::from(count))?;
            moments.n = moments.n.checked_add(count)?;
            moments.sum = moments.sum.checked_add(i128::try_from(sum).ok()?)?;
            moments.squares = moments.squares.checked_add(sum.checked_mul(u128::from(value))?)?;
        }
        Some(moments)
    }

    /// Returns the arithmetic mean, or `None` without a value.
    pub fn mean(&self) -> Option<f64> {
        self.moments()?.mean()
    }

    /// Returns the sample standard deviation (divisor n − 1), or `None` for fewer than two values.
    pub fn standard_deviation(&self) -> Option<f64> {
        self.moments()?.standard_deviation()
    }

    /// Returns the median (the average of the two middle values), or `None` without a value.
    ///
    /// Types 2 and 7 agree in it; see [`quartiles_type_2`](Histogram::quartiles_type_2).
    pub fn median(&self) -> Option<f64> {
        self.quartiles_type_2().map(|[_, median, _]| median)
    }

    /// Returns the quartiles of type 2: a value that occurs, or the average of two neighbours.
    ///
    /// Returns `None` without a value.
    /// Agrees with R's `quantile(x, type = 2)` and with SAS; see Hyndman & Fan (1996), *Am. Stat.* 50:361.
    pub fn quartiles_type_2(&self) -> Option<[f64; 3]> {
        let n = u128::from(self.moments()?.n);
        self.quartiles(|quarters| {
            let rank = (n * quarters).div_ceil(4).checked_sub(1)?;
            let next = if (n * quarters).is_multiple_of(4) { rank + 1 } else { rank };
            Some(self.value_at(rank)?.midpoint(self.value_at(next)?))
        })
    }

    /// Returns the quartiles of type 7: interpolated between the values beside the rank (n − 1)·p.
    ///
    /// Returns `None` without a value.
    /// Agrees with R's and numpy's default; see Hyndman & Fan (1996), *Am. Stat.* 50:361.
    pub fn quartiles_type_7(&self) -> Option<[f64; 3]> {
        let last = u128::from(self.moments()?.n).checked_sub(1)?;
        self.quartiles(|quarters| {
            let (rank, rest) = (last * quarters / 4, last * quarters % 4);
            let low = self.value_at(rank)?;
            let high = if rest == 0 { low } else { self.value_at(rank + 1)? };
            Some(low + (high - low) * rest as f64 / 4.0)
        })
    }

    fn quartiles(&self, quartile: impl Fn(u128) -> Option<f64>) -> Option<[f64; 3]> {
        Some([quartile(1)?, quartile(2)?, quartile(3)?])
    }

    /// Returns the values that occur most often, in ascending order; none without a value.
    pub fn modes(&self) -> Vec<u64> {
        let highest = self.counts.iter().copied().max().unwrap_or(0);
        self.levels().filter(|(_, count)| *count == highest).map(|(value, _)| value).collect()
    }

    /// Returns the lowest value that occurs.
    pub fn min(&self) -> Option<u64> {
        self.levels().next().map(|(value, _)| value)
    }

    /// Returns the highest value that occurs.
    pub fn max(&self) -> Option<u64> {
        self.levels().last().map(|(value, _)| value)
    }

    /// Returns the value at a rank, counted from 0.
    fn value_at(&self, rank: u128) -> Option<f64> {
        let mut seen = 0;
        self.levels().find_map(|(value, count)| {
            seen += u128::from(count);
            (seen > rank).then_some(value as f64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_no_mean_median_or_standard_deviation() {
        for counts in [vec![], vec![0, 0, 0]] {
            let nobody = Histogram { start: 1, counts };
            assert_eq!((nobody.mean(), nobody.median(), nobody.standard_deviation()), (None, None, None));
            assert_eq!((nobody.quartiles_type_7(), nobody.modes(), nobody.min()), (None, vec![], None));
        }
    }

    #[test]
    fn one_value_has_no_standard_deviation() {
        let one = Histogram { start: 1, counts: vec![0, 0, 1] };
        assert_eq!((one.mean(), one.median(), one.standard_deviation()), (Some(3.0), Some(3.0), None));
    }

    #[test]
    fn more_values_than_can_be_counted_have_no_figures() {
        let all = Histogram { start: u16::MAX, counts: vec![u64::MAX, u64::MAX] };
        assert_eq!(all.base(), u64::MAX);
        assert_eq!((all.mean(), all.median(), all.standard_deviation()), (None, None, None));
    }
}
