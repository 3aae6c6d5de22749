//! The attack: what is determined by an observation of microdata, and what is not.
//!
//! A secret is *open* while no other microdata are known that give the same observation and another value
//! of the secret. The search changes the answers of a few respondents and looks at what that does to
//! the observation; microdata that it finds prove that nobody can tell the secret, however clever.

use std::rc::Rc;

use balint_survey::instrument::Meaning;

use crate::groups::shuffle;
use crate::world::{Person, Random, Survey, World, sources};

/// A quantity that an attacker would like to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// How many chose a category.
    Count { item: usize, bit: u64 },
    /// How many ticked something, but not this.
    Without { item: usize, bit: u64 },
    /// How many ticked nothing but this.
    Only { item: usize, bit: u64 },
    /// How many have this value of a derived variable.
    Level { variable: usize, level: u16 },
    /// How many have these values of the variables of a planned pair.
    Joint { pair: usize, x: u16, y: u16 },
    /// Whether all answered an item alike: then everybody's answer is known.
    Alike { item: usize },
    /// Whether all but a respondent with this answer answered alike: then that one knows everybody's answer.
    OthersAlike { item: usize, own: u64 },
    /// Everybody's answers to everything, in no order.
    Rows,
}

/// How many combined changes are tried before each secret is attacked by itself.
const COMBINED: usize = 6;
/// How many changes are tried for a secret that stays open.
const TRIES: usize = 80;
/// How many of these are single steps; the others are walks.
const DIRECT: usize = 30;
/// The steps of a walk.
const STEPS: usize = 250;
/// How many pairs of swaps are tried that leave all sums as they were.
const BALANCES: usize = 300;
/// How much worse a world is that has the secret still: as much as so many hundredths of a coefficient.
const SAME_SECRET: u64 = 6;
/// How often, in percent, a walk takes a step that leads away.
const DOWNHILL: usize = 10;
/// How many alternatives are kept as starting points.
const KEPT: usize = 12;

impl Survey {
    fn choice(&self, person: &Person, item: usize) -> u64 {
        person.row[item] & self.shapes[item].all
    }

    fn count(&self, world: &[Rc<Person>], item: usize, is_counted: impl Fn(u64) -> bool) -> u64 {
        world.iter().filter(|person| is_counted(self.choice(person, item))).count() as u64
    }

    fn base(&self, world: &[Rc<Person>], item: usize) -> u64 {
        self.count(world, item, |choice| choice != 0)
    }

    /// Returns whether both worlds have the same respondents; why there is no answer does not matter.
    fn has_same_rows(&self, a: &[Rc<Person>], b: &[Rc<Person>]) -> bool {
        let sorted = |world: &[Rc<Person>]| {
            let row = |person: &Rc<Person>| -> Vec<u64> {
                (0..self.shapes.len()).map(|item| self.choice(person, item)).collect()
            };
            let mut rows: Vec<Vec<u64>> = world.iter().map(row).collect();
            rows.sort();
            rows
        };
        sorted(a) == sorted(b)
    }

    fn are_others_alike(&self, world: &[Rc<Person>], item: usize, own: u64) -> bool {
        let mut choices: Vec<u64> = world.iter().map(|person| self.choice(person, item)).collect();
        let Some(place) = choices.iter().position(|choice| *choice == own) else { return true };
        choices.swap_remove(place);
        choices.iter().all(|choice| *choice == choices[0])
    }

    fn value(&self, world: &[Rc<Person>], secret: &Secret) -> u64 {
        match *secret {
            Secret::Count { item, bit } => self.count(world, item, |choice| choice & bit != 0),
            Secret::Without { item, bit } => {
                let none = self.shapes[item].none;
                self.count(world, item, |choice| choice != 0 && choice != none && choice & bit == 0)
            }
            Secret::Only { item, bit } => self.count(world, item, |choice| choice == bit),
            Secret::Level { variable, level } => {
                world.iter().filter(|person| person.derived[variable] == Some(level)).count() as u64
            }
            Secret::Joint { pair, x, y } => {
                world.iter().filter(|person| person.pairs[pair] == Some((x, y))).count() as u64
            }
            Secret::Alike { item } => {
                let first = world.first().map(|person| self.choice(person, item));
                u64::from(world.iter().all(|person| Some(self.choice(person, item)) == first))
            }
            Secret::OthersAlike { item, own } => u64::from(self.are_others_alike(world, item, own)),
            Secret::Rows => 0,
        }
    }

    fn differs(&self, a: &[Rc<Person>], b: &[Rc<Person>], secret: &Secret) -> bool {
        match secret {
            Secret::Rows => !self.has_same_rows(a, b),
            _ => self.value(a, secret) != self.value(b, secret),
        }
    }

    /// Returns what must not be determined: whatever singles out fewer than `few`, but somebody.
    pub fn secrets(&self, world: &[Rc<Person>], few: u64) -> Vec<Secret> {
        let is_few = |count: u64| (1..few).contains(&count);
        let mut secrets = vec![Secret::Rows];
        for item in 0..self.shapes.len() {
            self.secrets_of_item(world, item, &is_few, &mut secrets);
        }
        for (variable, derived) in self.instrument.derived().iter().enumerate() {
            let levels = derived.levels.clone().map(|level| Secret::Level { variable, level });
            secrets.extend(levels.filter(|level| is_few(self.value(world, level))));
        }
        for (pair, planned) in self.instrument.pairs().iter().enumerate() {
            let cells = planned.x.levels.clone().flat_map(|x| planned.y.levels.clone().map(move |y| (x, y)));
            let cells = cells.map(|(x, y)| Secret::Joint { pair, x, y });
            secrets.extend(cells.filter(|cell| is_few(self.value(world, cell))));
        }
        secrets
    }

    fn secrets_of_item(
        &self,
        world: &[Rc<Person>],
        item: usize,
        is_few: &dyn Fn(u64) -> bool,
        secrets: &mut Vec<Secret>,
    ) {
        let shape = &self.shapes[item];
        let base = self.base(world, item);
        for &bit in &shape.answers {
            let count = Secret::Count { item, bit };
            let ticked = self.value(world, &count);
            if is_few(ticked) || is_few(base - ticked) {
                secrets.push(count);
            }
            let without = Secret::Without { item, bit };
            if shape.none != 0 && bit != shape.none && is_few(self.value(world, &without)) {
                secrets.push(without);
            }
        }
        let asked = self.instrument.items().nth(item);
        let categories = asked.into_iter().flat_map(|(_, item)| item.categories());
        for (place, (_, category)) in categories.enumerate() {
            let only = Secret::Only { item, bit: 1 << place };
            if shape.takes_several && category.meaning == Meaning::Other && is_few(self.value(world, &only)) {
                secrets.push(only);
            }
        }
        let alike = Secret::Alike { item };
        if self.value(world, &alike) == 1 {
            secrets.push(alike);
        }
        let mut choices: Vec<u64> = world.iter().map(|person| self.choice(person, item)).collect();
        choices.sort_unstable();
        choices.dedup();
        let others = choices.into_iter().map(|own| Secret::OthersAlike { item, own });
        secrets.extend(others.filter(|others| self.value(world, others) == 1));
    }

    /// Returns whether a secret depends on who ticked what together.
    fn is_of_ticks(&self, secret: &Secret) -> bool {
        match secret {
            Secret::Level { .. } => self.items(secret).iter().any(|item| self.shapes[*item].takes_several),
            _ => matches!(secret, Secret::Joint { .. }),
        }
    }

    /// Returns the respondents who are part of a secret, where that is about a few.
    fn parts(&self, world: &[Rc<Person>], secret: &Secret) -> Vec<usize> {
        let is_part = |person: &Person| match *secret {
            Secret::Level { variable, level } => person.derived[variable] == Some(level),
            Secret::Joint { pair, x, y } => person.pairs[pair] == Some((x, y)),
            Secret::Count { item, bit } | Secret::Only { item, bit } => person.row[item] & bit != 0,
            _ => false,
        };
        (0..world.len()).filter(|place| is_part(&world[*place])).collect()
    }

    /// Returns somebody, often one who is part of a secret.
    fn anybody(&self, world: &[Rc<Person>], secret: &Secret, random: &mut Random) -> usize {
        let parts = self.parts(world, secret);
        let is_part = random.chance(50);
        let others = || (0..world.len()).filter(|place| !parts.contains(place)).collect();
        let side: Vec<usize> = if is_part { parts.clone() } else { others() };
        random.pick(&side).unwrap_or_else(|| random.below(world.len()))
    }

    /// Returns the items that a secret is about.
    pub fn items(&self, secret: &Secret) -> Vec<usize> {
        match *secret {
            Secret::Count { item, .. } | Secret::Without { item, .. } | Secret::Only { item, .. } => {
                vec![item]
            }
            // Who is asked may differ too.
            Secret::Alike { item } | Secret::OthersAlike { item, .. } => {
                self.shapes[item].asked_by().into_iter().chain([item]).collect()
            }
            Secret::Level { variable, .. } => sources(&self.instrument.derived()[variable]),
            Secret::Joint { pair, .. } => {
                let pair = &self.instrument.pairs()[pair];
                [sources(&pair.x), sources(&pair.y)].concat()
            }
            Secret::Rows => (0..self.shapes.len()).collect(),
        }
    }
}

/// What is seen of a world: something that tells how far another is from it.
pub trait Seen {
    /// Returns 0 for equals, and nothing where no small change leads from one to the other.
    fn distance(&self, other: &Self) -> Option<u64>;

    /// Returns the items by which the two differ.
    fn spoiled(&self, other: &Self) -> Vec<usize>;
}

/// An attack on one group.
pub struct Attack<'a, O, Observe: Fn(&World) -> O> {
    pub survey: &'a Survey,
    pub truth: &'a World,
    pub observe: Observe,
    pub random: Random,
}

impl<O: Seen, Observe: Fn(&World) -> O> Attack<'_, O, Observe> {
    /// Returns the secrets that stay open: no microdata were found that look the same and differ in them.
    pub fn open(mut self, mut secrets: Vec<Secret>) -> Vec<Secret> {
        let seen = (self.observe)(self.truth);
        let mut kept = vec![self.truth.clone()];
        for _ in 0..COMBINED {
            let changed = self.combine(&secrets);
            let spoiled = seen.spoiled(&(self.observe)(&changed));
            let world = if spoiled.is_empty() { changed } else { self.restored(&changed, &spoiled) };
            self.settle(&seen, world, &mut secrets, &mut kept);
        }
        for round in 0..TRIES {
            for secret in secrets.clone() {
                if !secrets.contains(&secret) {
                    continue;
                }
                let start = self.random.pick(&(0..kept.len()).collect::<Vec<_>>()).unwrap_or(0);
                let start = kept[start].clone();
                let found = match round {
                    _ if round % 2 == 1 && self.survey.is_of_ticks(&secret) => self.balanced(&start, &secret),
                    0..DIRECT => Some(self.step(&start, &secret)),
                    _ => self.climb(&seen, start, &secret),
                };
                if let Some(world) = found.filter(|world| self.survey.differs(self.truth, world, &secret)) {
                    self.settle(&seen, world, &mut secrets, &mut kept);
                }
            }
            if secrets.is_empty() {
                break;
            }
        }
        secrets
    }

    fn settle(&self, seen: &O, world: World, secrets: &mut Vec<Secret>, kept: &mut Vec<World>) {
        if seen.distance(&(self.observe)(&world)) != Some(0) {
            return;
        }
        secrets.retain(|secret| !self.survey.differs(self.truth, &world, secret));
        if kept.len() < KEPT {
            kept.push(world);
        }
    }

    /// Changes a little for a secret of every item.
    fn combine(&mut self, secrets: &[Secret]) -> World {
        let mut world = self.truth.clone();
        let mut changed = Vec::new();
        let mut secrets: Vec<&Secret> = secrets.iter().filter(|secret| **secret != Secret::Rows).collect();
        shuffle(&mut secrets, &mut self.random);
        for secret in secrets {
            let items = self.survey.items(secret);
            if items.iter().all(|item| !changed.contains(item)) {
                nudge(self.survey, &mut world, secret, &mut self.random);
                changed.extend(items);
            }
        }
        world
    }

    /// Takes back what was changed of some items.
    fn restored(&self, world: &World, items: &[usize]) -> World {
        let restore = |(changed, person): (&Rc<Person>, &Rc<Person>)| {
            if items.iter().all(|item| changed.row[*item] == person.row[*item]) {
                return changed.clone();
            }
            let mut row = changed.row.clone();
            items.iter().for_each(|item| row[*item] = person.row[*item]);
            self.survey.person(row)
        };
        world.iter().zip(self.truth).map(restore).collect()
    }

    fn step(&mut self, start: &World, secret: &Secret) -> World {
        let mut world = start.clone();
        (0..=self.random.below(3)).for_each(|_| nudge(self.survey, &mut world, secret, &mut self.random));
        world
    }

    /// Two swaps that change a secret and leave every sum of the planned pairs as it was; or none is found.
    fn balanced(&mut self, start: &World, secret: &Secret) -> Option<World> {
        let parts = self.survey.parts(start, secret);
        for _ in 0..BALANCES {
            let part = self.random.pick(&parts).unwrap_or_else(|| self.random.below(start.len()));
            let swaps = [part, self.random.below(start.len())].map(|one| self.tilt(start, one, secret));
            let [Some((one, tilt)), Some((other, against))] = swaps else { continue };
            let is_apart = one.iter().all(|place| !other.contains(place));
            if tilt == 0 || is_apart && tilt + against == 0 {
                let mut world = start.clone();
                let swaps = if tilt == 0 { vec![one] } else { vec![one, other] };
                swaps.iter().for_each(|places| self.tip(&mut world, places, secret));
                if self.survey.differs(self.truth, &world, secret) {
                    return Some(world);
                }
            }
        }
        None
    }

    /// Returns two respondents who might swap, and by how much that changes a sum.
    fn tilt(&mut self, world: &World, one: usize, secret: &Secret) -> Option<([usize; 2], i64)> {
        let places = [one, self.random.below(world.len())];
        let [one, other] = places.map(|place| &world[place]);
        match *secret {
            Secret::Joint { pair, .. } => {
                let ((x, y), (u, v)) = one.pairs[pair].zip(other.pairs[pair])?;
                let tilt = (i64::from(x) - i64::from(u)) * (i64::from(v) - i64::from(y));
                (x != u && y != v).then_some((places, tilt))
            }
            Secret::Level { variable, .. } => {
                let (more, less) = one.derived[variable].zip(other.derived[variable])?;
                let is_like = one.pairs.iter().zip(&other.pairs).enumerate().all(|(pair, (a, b))| {
                    let planned = &self.survey.instrument.pairs()[pair];
                    let variable = &self.survey.instrument.derived()[variable];
                    match (a, b) {
                        (None, None) => true,
                        (Some(a), Some(b)) if planned.x.id == variable.id => a.1 == b.1,
                        (Some(a), Some(b)) => a.0 == b.0 || !planned.has(variable),
                        _ => !planned.has(variable),
                    }
                });
                is_like.then_some((places, i64::from(less) - i64::from(more) + 1))
            }
            _ => None,
        }
    }

    fn tip(&mut self, world: &mut World, places: &[usize; 2], secret: &Secret) {
        match *secret {
            Secret::Joint { pair, .. } => {
                for item in self.survey.bundles[pair].clone() {
                    swap(self.survey, world, item, *places);
                }
            }
            _ => {
                let item = self.survey.items(secret)[0];
                hand_over(self.survey, world, item, *places, &mut self.random);
            }
        }
    }

    /// A step, or a swap that changes one planned pair alone.
    fn repaired(&mut self, start: &World, secret: &Secret) -> World {
        let pairs = self.survey.instrument.pairs().len();
        if pairs == 0 || self.random.chance(50) {
            return self.step(start, secret);
        }
        let mut world = start.clone();
        let pair = self.random.below(pairs);
        let places = [(); 2].map(|()| self.random.below(world.len()));
        if places.iter().all(|place| world[*place].pairs[pair].is_some()) {
            self.survey.bundles[pair].iter().for_each(|item| swap(self.survey, &mut world, *item, places));
        }
        world
    }

    /// Walks to a world that looks the same and differs in a secret, by steps that lead nearer, mostly.
    fn climb(&mut self, seen: &O, start: World, secret: &Secret) -> Option<World> {
        let mut world = start;
        let mut height = SAME_SECRET;
        for _ in 0..STEPS {
            let next = self.repaired(&world, secret);
            let Some(distance) = seen.distance(&(self.observe)(&next)) else { continue };
            let differs = self.survey.differs(self.truth, &next, secret);
            if differs && distance == 0 {
                return Some(next);
            }
            let next_height = distance + if differs { 0 } else { SAME_SECRET };
            if next_height <= height || self.random.chance(DOWNHILL) {
                (world, height) = (next, next_height);
            }
        }
        None
    }
}

/// Changes a little of what a secret is about.
fn nudge(survey: &Survey, world: &mut World, secret: &Secret, random: &mut Random) {
    let items = survey.items(secret);
    let item = items[random.below(items.len())];
    let places = [survey.anybody(world, secret, random), random.below(world.len())];
    let several = survey.shapes[item].takes_several;
    match *secret {
        Secret::Count { bit, .. } | Secret::Without { bit, .. } | Secret::Only { bit, .. } => {
            match random.below(11) {
                10 if several => redeal(survey, world, item, random),
                6 | 7 if several => vacate(survey, world, item, places[1], random),
                8 | 9 => relabel(survey, world, item, bit, random),
                0 if several => hand_over(survey, world, item, places, random),
                1 => change(survey, world, item, places[0], None, random),
                _ => change(survey, world, item, places[0], Some(bit), random),
            }
        }
        Secret::Alike { .. } | Secret::OthersAlike { .. } => {
            change(survey, world, item, places[0], None, random)
        }
        Secret::Level { .. } | Secret::Joint { .. } | Secret::Rows => match random.below(3) {
            0 => swap(survey, world, item, places),
            1 if several => hand_over(survey, world, item, places, random),
            _ => change(survey, world, item, places[0], None, random),
        },
    }
}

/// One respondent answers something else; with a focus, something that differs in that category alone.
fn change(
    survey: &Survey,
    world: &mut World,
    item: usize,
    place: usize,
    focus: Option<u64>,
    random: &mut Random,
) {
    let shape = &survey.shapes[item];
    let old = world[place].row[item];
    // Whether there is an answer is public where the base is; elsewhere the observation will tell.
    let is_open = shape.is_answer(old) || survey.is_asked(&world[place].row, item) && random.chance(20);
    let Some(any) = focus.or_else(|| random.pick(&shape.answers)).filter(|_| is_open) else { return };
    let mut new = match any == shape.none || !shape.takes_several {
        true => any,
        false => (old & !shape.none) ^ any,
    };
    if focus.is_none() && shape.takes_several && random.chance(50) {
        // One tick for another, or nothing but one.
        let ticked: Vec<u64> = shape.answers.iter().copied().filter(|bit| old & bit != 0).collect();
        let gone = random.pick(&ticked).unwrap_or(0);
        new = if random.chance(70) { new & !gone } else { any };
    } else if new == old {
        new = random.pick(&shape.answers).unwrap_or(0);
    }
    if new == 0 && random.chance(90) {
        new = shape.none;
    }
    if shape.is_valid(new) {
        world[place] = survey.choosing(&world[place], item, new);
    }
}

/// Everybody who chose one category chose another, and the other way round.
fn relabel(survey: &Survey, world: &mut World, item: usize, bit: u64, random: &mut Random) {
    let shape = &survey.shapes[item];
    let other = random.pick(&shape.answers).filter(|other| *other != bit);
    let Some(other) = other.filter(|other| (other | bit) & shape.none == 0) else { return };
    for person in world.iter_mut() {
        let old = person.row[item];
        if (old & bit == 0) != (old & other == 0) {
            *person = survey.choosing(person, item, old ^ bit ^ other);
        }
    }
}

/// Everybody who answered ticks one category, all but one category about as often: that one is left to a few.
fn redeal(survey: &Survey, world: &mut World, item: usize, random: &mut Random) {
    let mut answers = survey.shapes[item].answers.clone();
    shuffle(&mut answers, random);
    let mut few = 1 + random.below(4);
    let last = answers.pop().unwrap_or(0);
    for (place, person) in world.iter_mut().enumerate() {
        if survey.shapes[item].is_answer(person.row[item]) {
            let choice = if few > 0 { last } else { answers[place % answers.len()] };
            few = few.saturating_sub(1);
            *person = survey.choosing(person, item, choice);
        }
    }
}

/// One respondent ticks "none", and each of the ticks goes to somebody who has not got it.
fn vacate(survey: &Survey, world: &mut World, item: usize, place: usize, random: &mut Random) {
    let shape = &survey.shapes[item];
    let old = world[place].row[item];
    if shape.none == 0 || old & !shape.none == 0 {
        return;
    }
    for &tick in shape.answers.iter().filter(|tick| old & **tick != 0) {
        let lacks = |other: &usize| {
            let choice = world[*other].row[item];
            *other != place && choice & shape.all & !shape.none != 0 && choice & tick == 0
        };
        let lacking: Vec<usize> = (0..world.len()).filter(lacks).collect();
        let Some(other) = random.pick(&lacking) else { return };
        world[other] = survey.choosing(&world[other], item, world[other].row[item] | tick);
    }
    world[place] = survey.choosing(&world[place], item, shape.none);
}

/// Two respondents swap their answers to an item.
fn swap(survey: &Survey, world: &mut World, item: usize, [one, other]: [usize; 2]) {
    let (a, b) = (world[one].row[item], world[other].row[item]);
    let is_asked = |place: usize| survey.is_asked(&world[place].row, item);
    if a != b && is_asked(one) && is_asked(other) {
        world[one] = survey.choosing(&world[one], item, b);
        world[other] = survey.choosing(&world[other], item, a);
    }
}

/// One tick goes from one respondent to another, who may have had none, or be left with none.
fn hand_over(survey: &Survey, world: &mut World, item: usize, [one, other]: [usize; 2], random: &mut Random) {
    let (a, b) = (world[one].row[item], world[other].row[item]);
    let shape = &survey.shapes[item];
    let can_go = |bit: &u64| a & !b & !shape.none & bit != 0;
    let ticks: Vec<u64> = shape.answers.iter().copied().filter(can_go).collect();
    let Some(tick) = random.pick(&ticks).filter(|_| b != 0) else { return };
    let left = if a == tick { shape.none } else { a & !tick };
    if left != 0 {
        world[one] = survey.choosing(&world[one], item, left);
        world[other] = survey.choosing(&world[other], item, b & !shape.none | tick);
    }
}
