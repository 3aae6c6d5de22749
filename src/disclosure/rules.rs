//! The rules for single tables, as functions of integers.

use super::{Count, Policy};
use crate::statistics::{Histogram, pearson};

/// What may be shown of an item with one choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Every category's count.
    Exact,
    /// The counts of a pooling's groups.
    Pooled { pooling: usize },
    /// Only that one of two groups holds at least so many percent.
    Band { pooling: usize, group: usize, percent: u64 },
    /// The base only.
    Withheld,
}

/// Decides what may be shown of the counts of an item with one choice.
///
/// A pooling is a list of groups of places in `cells`. Demographic items are never banded.
pub fn table(cells: &[u64], poolings: &[Vec<Vec<usize>>], demographic: bool, policy: &Policy) -> Table {
    let base: u64 = cells.iter().sum();
    if base < policy.threshold {
        return Table::Withheld;
    }
    if may_be_shown(cells, policy) {
        return Table::Exact;
    }
    for (pooling, groups) in poolings.iter().enumerate() {
        if may_be_shown(&pool(cells, groups), policy) {
            return Table::Pooled { pooling };
        }
    }
    if demographic { Table::Withheld } else { band(cells, poolings, policy) }
}

/// Returns whether at least two cells hold somebody, and each of those enough.
fn may_be_shown(cells: &[u64], policy: &Policy) -> bool {
    let filled: Vec<u64> = cells.iter().copied().filter(|count| *count > 0).collect();
    filled.len() >= 2 && filled.iter().all(|count| *count >= policy.cell)
}

fn pool(cells: &[u64], groups: &[Vec<usize>]) -> Vec<u64> {
    groups.iter().map(|group| group.iter().map(|&i| cells[i]).sum()).collect()
}

/// Returns a band that covers unanimity and up to `cell − 1` dissenters alike.
fn band(cells: &[u64], poolings: &[Vec<Vec<usize>>], policy: &Policy) -> Table {
    let two_groups = poolings.iter().enumerate().find(|(_, groups)| groups.len() == 2);
    let Some((pooling, groups)) = two_groups else { return Table::Withheld };
    let counts = pool(cells, groups);
    let base = counts[0] + counts[1];
    if !has_room(base, policy) {
        return Table::Withheld;
    }
    let percent = 100 * (base - policy.cell + 1) / base;
    match (counts[0] < policy.cell, counts[1] < policy.cell) {
        (true, false) => Table::Band { pooling, group: 1, percent },
        (false, true) => Table::Band { pooling, group: 0, percent },
        _ => Table::Withheld,
    }
}

/// Returns whether a band has room for unanimity and for up to `cell − 1` dissenters alike.
///
/// In a smaller base those who are left are few themselves, so that only (near) unanimity would show.
pub fn has_room(base: u64, policy: &Policy) -> bool {
    base >= 2 * policy.cell - 1
}

/// Decides how one category's count of an item with several choices is shown, where the base [has room](has_room).
///
/// Neither few who ticked nor few who did not can be told apart; nobody reads as few.
pub fn ticks(count: u64, base: u64, policy: &Policy) -> Count {
    if count < policy.cell {
        Count::Below(policy.cell)
    } else if count > base - policy.cell {
        Count::Above(base - policy.cell)
    } else {
        Count::Exact(count)
    }
}

/// The counts of an item with several choices, as [`ticks`] shows them.
#[derive(Clone, Debug)]
pub struct Ticks {
    /// Those who ticked "none", which excludes the others; empty where the item has no such category.
    pub nones: Vec<Count>,
    pub others: Vec<Count>,
}

/// Returns whether the count of those who ticked "none" may stand beside the other exact counts.
///
/// "None" excludes the others, so those who ticked something are known, and with them how many of these did
/// *not* tick a category: that must not be a few either.
pub fn none_may_stand(ticks: &Ticks, base: u64, policy: &Policy) -> bool {
    let Some(nones) = ticks.exact_nones().filter(|_| !ticks.nones.is_empty()) else { return true };
    let is_few = |count: u64| (1..policy.cell).contains(&(base - nones).saturating_sub(count));
    !ticks.exact().any(is_few)
}

/// Returns whether the counts of an item with several choices may stand side by side.
///
/// Whoever answers ticks something, and "none" excludes the others. So
/// - the others must be able to cover everybody even if one that reads as few is nobody: where each ticks one
///   category, the base less all that is shown would be the few;
/// - where "none" is withheld, since it leaves a few, more than one number must do that;
/// - where there are only two categories beside "none", so that it is known how many ticked both, these must
///   not be a few.
///
/// Where not, nothing is shown: to leave out the one count that tells too much would tell that it does.
pub fn ticks_may_be_shown(ticks: &Ticks, base: u64, policy: &Policy) -> bool {
    let least_nones = match ticks.nones[..] {
        [Count::Withheld] => match ticks.nones_that_leave_few(base, policy) {
            Some((least, most)) if least < most => least,
            _ => return false,
        },
        _ => ticks.nones.iter().map(|count| count.most(base)).sum(),
    };
    let covered: u64 = ticks.others.iter().map(|count| count.most(base)).sum::<u64>() + least_nones;
    let mut counts = ticks.others.iter().chain(&ticks.nones);
    let has_few = counts.any(|count| matches!(count, Count::Below(_)));
    let is_covered = !has_few || covered >= base + policy.cell - 1;
    is_covered && !(1..policy.cell).contains(&ticks.overlap(base))
}

impl Ticks {
    fn exact(&self) -> impl Iterator<Item = u64> {
        self.others.iter().filter_map(|count| count.exact())
    }

    /// Returns how many ticked "none", where that is shown.
    fn exact_nones(&self) -> Option<u64> {
        self.nones.iter().map(|count| count.exact()).sum()
    }

    /// Returns how many ticked both of two categories, where that follows; else 0.
    fn overlap(&self, base: u64) -> u64 {
        let is_known = self.others.len() == 2 && self.exact().count() == 2;
        let nones = self.exact_nones().filter(|_| is_known);
        nones.map_or(0, |nones| (self.exact().sum::<u64>() + nones).saturating_sub(base))
    }

    /// Returns the least and the largest number of "none" that would be shown, but for a few that they leave.
    fn nones_that_leave_few(&self, base: u64, policy: &Policy) -> Option<(u64, u64)> {
        let least = |count: &Count| match count {
            Count::Exact(count) => *count,
            Count::Above(limit) => limit + 1,
            _ => 0,
        };
        let most_ticked = self.others.iter().map(least).max().unwrap_or(0);
        let leaves = |count: u64| (1..policy.cell).filter_map(move |few| base.checked_sub(count + few));
        let possible = self.exact().flat_map(leaves);
        let possible = possible.filter(|nones| *nones >= policy.cell && nones + most_ticked <= base);
        possible
            .map(|nones| (nones, nones))
            .reduce(|(least, most), (nones, _)| (least.min(nones), most.max(nones)))
    }
}

/// Returns the band of a count in a small group: four fifths or more, one fifth or fewer, or between.
///
/// For five to nine respondents that is all but at most one, and at most one.
pub fn small_group(count: u64, base: u64) -> Count {
    if 5 * count >= 4 * base {
        Count::AtLeast(80)
    } else if 5 * count <= base {
        Count::AtMost(20)
    } else {
        Count::Between
    }
}

/// One variable of a planned pair.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its values over those who have both.
    pub pairs: Histogram,
    /// How many have a value, whether or not they have the other.
    pub base: u64,
    /// The highest value that it can have.
    pub highest: u16,
    pub is_binary: bool,
    /// Whether it is an item as it was asked, whose table is released with the items.
    pub is_item: bool,
}

/// What may be shown of a planned pair.
#[derive(Clone, Debug, PartialEq)]
pub enum PairRelease {
    Withheld,
    R {
        n: u64,
        r: f64,
        /// To how many decimals it was rounded; `None` when it is as computed.
        decimals: Option<u32>,
    },
    Exact {
        x: Histogram,
        y: Histogram,
        sum_xy: u64,
    },
}

/// Decides what may be shown of a planned pair: its r, perhaps rounded, or nothing.
///
/// Withheld unless
/// - there are as many pairs as the threshold asks;
/// - enough respondents are off the most frequent value of each variable, and in both levels of a binary one;
/// - for a binary variable, the other's sum over each level is well off its bounds: else everybody in
///   the level is known;
/// - Σxy is well off the least and the most that these distributions allow, by as many of its smallest steps as
///   the cell limit: else the two together are known.
///
/// Where a few have one variable but not the other, r is rounded, so that these few cannot be computed as
/// a difference: to one decimal where the partner's table is released as an item, else to two.
/// With r released, the distributions of the pair's derived variables never are: from both together the
/// joint table can often be computed, cells of one included.
pub fn pair(sides: &[Side; 2], sum_xy: u64, policy: &Policy) -> PairRelease {
    let [x, y] = sides;
    let n = x.pairs.base();
    let is_safe = n >= policy.threshold
        && sides.iter().all(|side| varies_enough(side, policy))
        && levels_are_off_bounds(x, y, sum_xy, policy)
        && levels_are_off_bounds(y, x, sum_xy, policy)
        && is_off_extremes(x, y, sum_xy, policy);
    let Some(r) = pearson(&x.pairs, &y.pairs, sum_xy).filter(|_| is_safe) else {
        return PairRelease::Withheld;
    };
    let few_excluded: Vec<&Side> =
        sides.iter().filter(|side| (1..policy.cell).contains(&(side.base - n))).collect();
    let decimals = match few_excluded.iter().any(|side| side.is_item) {
        _ if few_excluded.is_empty() => None,
        true => Some(1),
        false => Some(2),
    };
    PairRelease::R { n, r: round(r, decimals), decimals }
}

fn is_off_extremes(x: &Side, y: &Side, sum_xy: u64, policy: &Policy) -> bool {
    let (least, most) = extremes(&x.pairs, &y.pairs);
    let step = smallest_gap(&x.pairs) * smallest_gap(&y.pairs);
    let (sum, limit) = (u128::from(sum_xy), u128::from(policy.cell * step));
    sum >= least + limit && sum + limit <= most
}

/// Returns how far apart the nearest two values are that somebody has.
fn smallest_gap(histogram: &Histogram) -> u64 {
    let filled: Vec<u64> = histogram.levels().map(|(value, _)| value).collect();
    filled.windows(2).map(|values| values[1] - values[0]).min().unwrap_or(1)
}

/// Returns the smallest and the largest Σxy of two distributions, by the rearrangement inequality.
pub(super) fn extremes(x: &Histogram, y: &Histogram) -> (u128, u128) {
    let ascending: Vec<(u64, u64)> = x.levels().collect();
    let y: Vec<(u64, u64)> = y.levels().collect();
    let reversed: Vec<(u64, u64)> = y.iter().rev().copied().collect();
    (product(&ascending, &reversed), product(&ascending, &y))
}

/// Returns Σxy when both lists of (value, count) are paired off from their starts.
fn product(x: &[(u64, u64)], y: &[(u64, u64)]) -> u128 {
    let (mut x, mut y) = (x.to_vec(), y.to_vec());
    let (mut i, mut j, mut sum) = (0, 0, 0_u128);
    while i < x.len() && j < y.len() {
        let both = x[i].1.min(y[j].1);
        sum += u128::from(x[i].0) * u128::from(y[j].0) * u128::from(both);
        x[i].1 -= both;
        y[j].1 -= both;
        i += usize::from(x[i].1 == 0);
        j += usize::from(y[j].1 == 0);
    }
    sum
}

fn round(r: f64, decimals: Option<u32>) -> f64 {
    let Some(decimals) = decimals else { return r };
    let unit = 10_f64.powi(decimals as i32);
    (r * unit).round() / unit
}

/// Returns whether enough are off the most frequent value; of a binary variable these are the smaller level.
fn varies_enough(side: &Side, policy: &Policy) -> bool {
    let counts = &side.pairs.counts;
    let most = counts.iter().copied().max().unwrap_or(0);
    side.pairs.base() - most >= policy.cell
}

/// Returns whether, for a binary variable, each level's sum of the other is away from its minimum and maximum.
fn levels_are_off_bounds(binary: &Side, other: &Side, sum_xy: u64, policy: &Policy) -> bool {
    if !binary.is_binary {
        return true;
    }
    let sum = |side: &Side| side.pairs.levels().map(|(value, count)| value * count).sum::<u64>();
    let low = u64::from(binary.pairs.start);
    // Σxy = low·(s₀ + s₁) + s₁, where s₀ and s₁ are the other's sums over the two levels.
    let total = sum(other);
    let Some(upper) = sum_xy.checked_sub(low * total).filter(|upper| *upper <= total) else { return false };
    let sums = [total - upper, upper];
    let bounds = [u64::from(other.pairs.start), u64::from(other.highest)];
    binary
        .pairs
        .counts
        .iter()
        .zip(sums)
        .all(|(count, sum)| sum >= bounds[0] * count + policy.cell && sum + policy.cell <= bounds[1] * count)
}
