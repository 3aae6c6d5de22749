//! Random groups: as classes answer, and as nobody would but an adversary.

use crate::world::{Random, Row, Shape, Survey, World};

/// How the answers to one item are spread.
#[derive(Clone, Copy)]
enum Spread {
    Uniform,
    /// Most choose one category.
    Skewed,
    Unanimous,
    /// All but one to four choose alike.
    Dissenters,
    /// Counts at, just below and just above the limits.
    AtLimits,
    /// As everybody answers who is like them in everything.
    Correlated,
    /// Nobody ticks anything but "none", or nearly so.
    Nothing,
    /// Each ticks one category, and no category is ticked by many more than another.
    OneEach,
    /// Whoever ticks anything ticks everything, or nearly so.
    AllOrNone,
}

const SPREADS: [Spread; 9] = [
    Spread::Uniform,
    Spread::Skewed,
    Spread::Unanimous,
    Spread::Dissenters,
    Spread::AtLimits,
    Spread::Correlated,
    Spread::Nothing,
    Spread::OneEach,
    Spread::AllOrNone,
];

/// How often, in percent, an item is left out.
const LEFT_OUT: [usize; 6] = [0, 0, 0, 3, 15, 50];
/// How often, in percent, a group is several copies of a few respondents.
const COPIES: usize = 5;
/// How often, in percent, all items of a group are spread alike.
const ALIKE: usize = 40;
/// How many counts near the limits are tried: 0 to 7.
const NEAR_LIMITS: usize = 8;

/// Returns a random group of that many.
pub fn random(survey: &Survey, size: usize, random: &mut Random) -> World {
    let alike = random.pick(&SPREADS).filter(|_| random.chance(ALIKE));
    let kinds: Vec<usize> = (0..size).map(|_| random.below(2)).collect();
    let mut rows = vec![Row::new(); size];
    for shape in &survey.shapes {
        let spread = alike.or_else(|| random.pick(&SPREADS)).unwrap_or(Spread::Uniform);
        let mut choices = choices(shape, spread, &kinds, random);
        if !matches!(spread, Spread::Correlated | Spread::AllOrNone) || random.chance(50) {
            shuffle(&mut choices, random);
        }
        let left_out = random.pick(&LEFT_OUT).unwrap_or(0);
        for (row, choice) in rows.iter_mut().zip(choices) {
            row.push(if random.chance(left_out) { without_answer(shape, random) } else { choice });
        }
    }
    if random.chance(COPIES) {
        let originals = 1 + random.below(3);
        (originals..size).for_each(|i| rows[i] = rows[i % originals].clone());
    }
    survey.world(rows)
}

pub fn shuffle<T>(all: &mut [T], random: &mut Random) {
    (1..all.len()).for_each(|i| all.swap(i, random.below(i + 1)));
}

/// Returns a choice that is not in the base: left out, or declined where that can be said.
fn without_answer(shape: &Shape, random: &mut Random) -> u64 {
    if shape.outside == 0 || random.chance(50) { 0 } else { shape.outside }
}

fn choices(shape: &Shape, spread: Spread, kinds: &[usize], random: &mut Random) -> Vec<u64> {
    if shape.takes_several {
        several(shape, spread, kinds, random)
    } else {
        one(shape, spread, kinds, random)
    }
}

/// Returns how many of a group choose something, near a limit from below or from above.
fn near_limits(size: usize, random: &mut Random) -> usize {
    let few = random.below(NEAR_LIMITS).min(size);
    if random.chance(50) { few } else { size - few }
}

fn one(shape: &Shape, spread: Spread, kinds: &[usize], random: &mut Random) -> Vec<u64> {
    let size = kinds.len();
    let any = |random: &mut Random| random.pick(&shape.answers).unwrap_or(0);
    let [usual, other] = [any(random), any(random)];
    let split = |exceptions: usize, random: &mut Random| -> Vec<u64> {
        let is_one_other = random.chance(50);
        let exception = |random: &mut Random| if is_one_other { other } else { any(random) };
        (0..size).map(|i| if i < exceptions { exception(random) } else { usual }).collect()
    };
    match spread {
        Spread::Unanimous | Spread::Nothing => vec![usual; size],
        Spread::Dissenters => split(1 + random.below(4), random),
        Spread::AtLimits => {
            let exceptions = near_limits(size, random);
            split(exceptions, random)
        }
        Spread::Skewed => (0..size).map(|_| if random.chance(85) { usual } else { any(random) }).collect(),
        Spread::Correlated | Spread::AllOrNone => {
            let noise = random.below(20);
            let typical = |kind: usize, random: &mut Random| {
                if random.chance(noise) { any(random) } else { [usual, other][kind] }
            };
            kinds.iter().map(|kind| typical(*kind, random)).collect()
        }
        Spread::OneEach => (0..size).map(|i| shape.answers[i % shape.answers.len()]).collect(),
        Spread::Uniform => (0..size).map(|_| any(random)).collect(),
    }
}

fn several(shape: &Shape, spread: Spread, kinds: &[usize], random: &mut Random) -> Vec<u64> {
    let size = kinds.len();
    let themes: Vec<u64> = shape.answers.iter().copied().filter(|bit| *bit != shape.none).collect();
    let set = |percent: usize, random: &mut Random| -> u64 {
        let ticked = themes.iter().filter(|_| random.chance(percent)).sum();
        if ticked == 0 { shape.none } else { ticked }
    };
    let percent = 5 + random.below(90);
    let usual = set(percent, random);
    match spread {
        Spread::Uniform => (0..size).map(|_| set(percent, random)).collect(),
        Spread::Skewed => {
            let each: Vec<usize> = themes.iter().map(|_| random.below(100)).collect();
            let ticked = |random: &mut Random| -> u64 {
                themes.iter().zip(&each).filter(|(_, each)| random.chance(**each)).map(|(bit, _)| bit).sum()
            };
            (0..size).map(|_| ticked(random)).map(|set| if set == 0 { shape.none } else { set }).collect()
        }
        Spread::Unanimous => vec![usual; size],
        Spread::Dissenters => {
            let few = 1 + random.below(4);
            (0..size).map(|i| if i < few { set(percent, random) } else { usual }).collect()
        }
        Spread::AtLimits => at_limits(shape, &themes, size, random),
        Spread::Correlated => {
            let typical = [usual, set(percent, random)];
            let noise = random.below(20);
            let answer = |kind: usize, random: &mut Random| {
                if random.chance(noise) { set(percent, random) } else { typical[kind] }
            };
            kinds.iter().map(|kind| answer(*kind, random)).collect()
        }
        Spread::Nothing => {
            let few = random.below(NEAR_LIMITS);
            (0..size).map(|i| if i < few { set(percent, random) } else { shape.none }).collect()
        }
        Spread::OneEach => {
            let nothing = random.below(NEAR_LIMITS);
            (0..size).map(|i| if i < nothing { shape.none } else { themes[i % themes.len()] }).collect()
        }
        Spread::AllOrNone => {
            let everything: u64 = themes.iter().sum();
            let lacking = random.pick(&themes).filter(|_| random.chance(50)).unwrap_or(0);
            let nearly = |random: &mut Random| everything & !(if random.chance(50) { lacking } else { 0 });
            kinds.iter().map(|kind| if *kind == 0 { shape.none } else { nearly(random) }).collect()
        }
    }
}

/// Every category is ticked by a number near a limit: of all, or of those who did not tick "none".
fn at_limits(shape: &Shape, themes: &[u64], size: usize, random: &mut Random) -> Vec<u64> {
    let nothing = if random.chance(50) { near_limits(size, random) } else { 0 };
    let some = size - nothing;
    let mut sets = vec![0; some];
    for theme in themes {
        let ticks = near_limits(some, random);
        sets.iter_mut().take(ticks).for_each(|set| *set |= theme);
        shuffle(&mut sets, random);
    }
    // Whoever ticked nothing must tick something, or "none".
    let mut sets: Vec<u64> = sets.into_iter().map(|set| if set == 0 { shape.none } else { set }).collect();
    sets.resize(size, shape.none);
    sets
}
