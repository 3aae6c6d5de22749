//! The exact permutation test of Pearson's correlation.

use statrs::function::factorial::ln_factorial;

use super::{Histogram, PairMoments};

/// After so many multiplications with addition the test is given up: a tenth of a second, optimised for speed.
const MOST_STEPS: u64 = 100_000_000;

/// The most probabilities that are kept at a time: 32 MB.
const MOST_WEIGHTS: usize = 1 << 22;

/// Returns the exact two-sided p-value of Pearson's r: the share of the arrangements of y against x with
/// |n·Σxy − Σx·Σy| no less than the observed one.
///
/// Returns `None` where [`pearson`](super::pearson) does, for fewer than three pairs, and when no arrangement
/// has this sum: then it does not exist. A `None` where the coefficient of at least three real pairs exists
/// says that there are too many arrangements (more than `MOST_STEPS` or `MOST_WEIGHTS`), or that the
/// share of those with this sum is below the smallest `f64`.
///
/// Agrees with an enumeration of all arrangements; see Pitman (1937), *J. R. Stat. Soc. Suppl.* 4:225.
/// The levels of one variable are dealt out in turn over those of the other, the one with fewer. A state is how
/// many places each of these has left; it holds the probability of every sum so far.
pub fn permutation_test(x: &Histogram, y: &Histogram, sum_xy: u64) -> Option<f64> {
    let pairs = PairMoments::new(x, y, sum_xy)?;
    if pairs.correlation()?.n() < 3 {
        return None;
    }
    let observed = pairs.covariation()?;
    let (x, y) = (Levels::new(x)?, Levels::new(y)?);
    let (few, many) = if x.values.len() <= y.values.len() { (&x, &y) } else { (&y, &x) };
    let sums = Deal::new(few, many)?.run()?;
    // Σxy = Σ(x − x₀)(y − y₀) + x₀·Σy + y₀·Σx − n·x₀·y₀, and the first sum is counted in units.
    let n = i128::from(pairs.x.n);
    let (x0, y0) = (i128::from(x.first), i128::from(y.first));
    let rest = x0 * pairs.y.sum + y0 * pairs.x.sum - n * x0 * y0;
    let unit = i128::from(x.unit) * i128::from(y.unit);
    let covariation = |sum: usize| n * (unit * sum as i128 + rest) - pairs.x.sum * pairs.y.sum;
    let is_possible = |(sum, weight): (usize, &f64)| *weight > 0.0 && covariation(sum) == observed;
    if !sums.iter().enumerate().any(is_possible) {
        return None;
    }
    let is_extreme = |sum: usize| covariation(sum).unsigned_abs() >= observed.unsigned_abs();
    let p: f64 = sums.iter().enumerate().filter(|(sum, _)| is_extreme(*sum)).map(|(_, weight)| weight).sum();
    Some(p.min(1.0))
}

/// The levels that occur, as multiples of a unit above the first.
struct Levels {
    first: u64,
    unit: u64,
    values: Vec<usize>,
    counts: Vec<usize>,
}

impl Levels {
    /// Returns the levels of a variable that varies and is small enough to be dealt out.
    fn new(histogram: &Histogram) -> Option<Levels> {
        let first = histogram.min()?;
        let unit =
            histogram.levels().fold(0, |unit, (value, _)| greatest_common_divisor(unit, value - first));
        if unit == 0 || histogram.base() > MOST_WEIGHTS as u64 {
            return None;
        }
        let values = histogram.levels().map(|(value, _)| ((value - first) / unit) as usize).collect();
        let counts = histogram.levels().map(|(_, count)| count as usize).collect();
        Some(Levels { first, unit, values, counts })
    }

    /// Returns the sum of the values, or the greatest `u64` for a greater one.
    fn sum(&self) -> u64 {
        self.values.iter().zip(&self.counts).fold(0, |sum: u64, (value, count)| {
            sum.saturating_add((*value as u64).saturating_mul(*count as u64))
        })
    }

    fn highest(&self) -> u64 {
        self.values.last().map_or(0, |value| *value as u64)
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The dealing out of `many` over the places of `few`.
struct Deal<'a> {
    few: &'a Levels,
    many: &'a Levels,
    /// One more than the highest sum.
    width: usize,
    /// By how much a place taken of a level changes the number of a state; the last level follows from the others.
    strides: Vec<usize>,
    states: usize,
    ln_factorials: Vec<f64>,
    steps: u64,
}

/// The probabilities of the sums in one state; those outside `low..high` are 0.
#[derive(Clone, Copy)]
struct Span {
    low: usize,
    high: usize,
}

/// All states, numbered by the places that are left.
struct States {
    spans: Vec<Span>,
    weights: Vec<f64>,
}

impl<'a> Deal<'a> {
    fn new(few: &'a Levels, many: &'a Levels) -> Option<Deal<'a>> {
        let highest = few.sum().saturating_mul(many.highest()).min(many.sum().saturating_mul(few.highest()));
        let width = usize::try_from(highest).ok()?.checked_add(1)?;
        let mut states: usize = 1;
        let mut strides = Vec::new();
        for count in &few.counts[..few.counts.len() - 1] {
            strides.push(states);
            states = states.checked_mul(count + 1).filter(|states| *states <= MOST_WEIGHTS)?;
        }
        strides.push(0);
        if states.checked_mul(width)? > MOST_WEIGHTS {
            return None;
        }
        let n: usize = few.counts.iter().sum();
        let ln_factorials = (0..=n as u64).map(ln_factorial).collect();
        Some(Deal { few, many, width, strides, states, ln_factorials, steps: 0 })
    }

    /// Returns the probability of every sum, or `None` beyond `MOST_STEPS`.
    fn run(mut self) -> Option<Vec<f64>> {
        let mut left: usize = self.few.counts.iter().sum();
        let mut states = self.empty();
        states.weights[(self.states - 1) * self.width] = 1.0;
        states.spans[self.states - 1] = Span { low: 0, high: 1 };
        for (value, count) in self.many.values.iter().zip(&self.many.counts) {
            let mut next = self.empty();
            for state in 0..self.states {
                if states.spans[state].low < states.spans[state].high {
                    let places = self.places(state, left);
                    let ln_weight = self.ln_choose(left, *count);
                    let mut hand = Hand { value: *value, state, from: &states, to: &mut next };
                    self.deal(&mut hand, &places, *count, state, 0, -ln_weight)?;
                }
            }
            left -= count;
            states = next;
        }
        states.weights.truncate(self.width);
        Some(states.weights)
    }

    fn empty(&mut self) -> States {
        let size = self.states * self.width;
        // Clearing is faster than multiplying, but not free.
        self.steps += size as u64 / 4;
        States { spans: vec![Span { low: usize::MAX, high: 0 }; self.states], weights: vec![0.0; size] }
    }

    /// Returns the places left of each level in a state.
    fn places(&self, state: usize, left: usize) -> Vec<usize> {
        let free = self.few.counts.iter().zip(&self.strides);
        let mut places: Vec<usize> =
            free.map(|(count, stride)| state.checked_div(*stride).unwrap_or(0) % (count + 1)).collect();
        let last = places.len() - 1;
        places[last] = left - places[..last].iter().sum::<usize>();
        places
    }

    fn ln_choose(&self, n: usize, k: usize) -> f64 {
        self.ln_factorials[n] - self.ln_factorials[k] - self.ln_factorials[n - k]
    }

    /// Deals `count` cards over `places`, the levels from the last one on.
    ///
    /// `ln_weight` is the multivariate hypergeometric probability so far.
    fn deal(
        &mut self,
        hand: &mut Hand,
        places: &[usize],
        count: usize,
        state: usize,
        shift: usize,
        ln_weight: f64,
    ) -> Option<()> {
        let Some((&free, others)) = places.split_last() else {
            self.steps += hand.add(self.width, state, shift, ln_weight.exp());
            return (self.steps <= MOST_STEPS).then_some(());
        };
        let room: usize = others.iter().sum();
        let per_card = hand.value * self.few.values[others.len()];
        for taken in count.saturating_sub(room)..=count.min(free) {
            let state = state - taken * self.strides[others.len()];
            let ln_weight = ln_weight + self.ln_choose(free, taken);
            self.deal(hand, others, count - taken, state, shift + taken * per_card, ln_weight)?;
        }
        Some(())
    }
}

/// The cards of one level, as they are dealt out in one state.
struct Hand<'a> {
    value: usize,
    state: usize,
    from: &'a States,
    to: &'a mut States,
}

impl Hand<'_> {
    /// Adds the sums of this state, moved by `shift`, to another; returns how many steps that took.
    fn add(&mut self, width: usize, state: usize, shift: usize, weight: f64) -> u64 {
        let Span { low, high } = self.from.spans[self.state];
        let from = &self.from.weights[self.state * width..][low..high];
        let to = &mut self.to.weights[state * width..][low + shift..high + shift];
        for (to, from) in to.iter_mut().zip(from) {
            *to += weight * from;
        }
        let span = &mut self.to.spans[state];
        *span = Span { low: span.low.min(low + shift), high: span.high.max(high + shift) };
        // Besides the additions, a call costs some twenty of them.
        (high - low) as u64 + 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: &[u64]) -> Histogram {
        Histogram { start: 0, counts: counts.to_vec() }
    }

    /// Returns p by enumeration of all orders of y.
    fn enumerated(x: &[u64], y: &[u64], observed: u64) -> f64 {
        fn visit(x: &[u64], y: &mut Vec<u64>, sum: u64, sums: &mut Vec<u64>) {
            let Some((first, rest)) = x.split_first() else { return sums.push(sum) };
            for i in 0..y.len() {
                let value = y.remove(i);
                visit(rest, y, sum + first * value, sums);
                y.insert(i, value);
            }
        }
        let mut sums = Vec::new();
        visit(x, &mut y.to_vec(), 0, &mut sums);
        let expected = x.iter().sum::<u64>() * y.iter().sum::<u64>();
        let distance = |sum: u64| (x.len() as u64 * sum).abs_diff(expected);
        let extreme = sums.iter().filter(|sum| distance(**sum) >= distance(observed)).count();
        extreme as f64 / sums.len() as f64
    }

    fn counted(values: &[u64]) -> Histogram {
        let start = *values.iter().min().unwrap();
        let count = |value| values.iter().filter(|other| **other == value).count() as u64;
        Histogram { start: start as u16, counts: (start..=9).map(count).collect() }
    }

    #[test]
    fn it_agrees_with_an_enumeration_of_all_orders() {
        let samples: [([u64; 6], [u64; 6]); 4] = [
            ([1, 1, 2, 3, 3, 5], [4, 2, 2, 8, 6, 6]),
            ([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6]),
            ([2, 2, 4, 4, 9, 9], [7, 7, 7, 7, 7, 9]),
            ([1, 2, 3, 4, 5, 6], [3, 1, 2, 6, 5, 4]),
        ];
        for (x, y) in samples {
            let observed = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            let found = permutation_test(&counted(&x), &counted(&y), observed).unwrap();
            let expected = enumerated(&x, &y, observed);
            assert!((found - expected).abs() < 1e-13, "{x:?} {y:?}: {found}, not {expected}");
        }
    }

    #[test]
    fn what_does_not_exist_and_what_is_too_much_have_no_p() {
        let (two, many) = (histogram(&[1, 1]), histogram(&[50, 60, 70, 80, 90]));
        assert_eq!(permutation_test(&two, &two, 1), None);
        // Pairs of even products have no odd sum.
        assert_eq!(permutation_test(&histogram(&[3, 0, 3]), &histogram(&[3, 0, 3]), 7), None);
        assert!(super::super::pearson(&many, &many, 1700).is_some());
        assert_eq!(permutation_test(&many, &many, 1700), None);
    }
}
