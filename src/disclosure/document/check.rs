//! The checks of a release that somebody hands in: it must be what the rules can have made.

use super::*;

/// Checks that the rules can have made a document.
pub(super) fn document(release: &Document, instruments: &[Instrument]) -> Result<(), ReleaseError> {
    expect(release.release == FORM, "release", release.release, FORM)?;
    let instrument = stamped_instrument(release, instruments)?;
    let policy = policy(release)?;
    software(&release.software)?;
    collections(release)?;
    let respondents = respondents(release, &policy)?;
    let checker = Checker { instrument, policy, respondents, is_merged: release.collections.len() > 1 };
    checker.items(&release.items)?;
    checker.derived(release)?;
    checker.correlations(release)
}

fn stamped_instrument<'a>(
    release: &Document,
    instruments: &'a [Instrument],
) -> Result<&'a Instrument, ReleaseError> {
    let found = &release.instrument;
    let known = instruments.iter().find(|known| known.id() == found.id).ok_or_else(|| {
        let known = instruments.iter().map(|known| known.id().to_owned()).collect();
        ReleaseError::UnknownInstrument { found: found.id.clone(), known }
    })?;
    if found.version != known.version() || found.hash != *known.hash() {
        let version = |version, hash: &Digest| format!("version {version} with hash {hash}");
        let expected = version(known.version(), known.hash());
        return Err(ReleaseError::at("instrument", version(found.version, &found.hash), expected));
    }
    Ok(known)
}

/// Checks that the name of the software is one, and no message.
fn software(name: &str) -> Result<(), ReleaseError> {
    let is_version = |text: &str| text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_good = name.strip_prefix("balint-survey ").is_some_and(is_version);
    expect(is_good, "software", format!("{name:?}"), "balint-survey and its version")
}

fn policy(release: &Document) -> Result<Policy, ReleaseError> {
    let policy = Policy::named(&release.policy.name)
        .map_err(|error| ReleaseError::at("policy", format!("{:?}", release.policy.name), error))?;
    expect(release.policy.hash == policy.hash(), "policy", &release.policy.hash, policy.hash())?;
    Ok(policy)
}

fn collections(release: &Document) -> Result<(), ReleaseError> {
    let names = &release.collections;
    expect(!names.is_empty(), "collections", "none", "at least one")?;
    for (i, name) in names.iter().enumerate() {
        let is_good = is_collection_name(name) && !names[..i].contains(name);
        expect(is_good, "collections", format!("{name:?}"), "different names, of A-Z a-z 0-9 . _ -")?;
    }
    Ok(())
}

/// Returns the number of respondents, if it is shown.
fn respondents(release: &Document, policy: &Policy) -> Result<Option<u64>, ReleaseError> {
    let found = release.respondents;
    let threshold = policy.threshold();
    let is_good = match (policy.rules(), found) {
        (Rules::Bands, Count::FiveToNine | Count::TenOrMore) => true,
        (Rules::Cells | Rules::Exact, Count::Exact(respondents)) => respondents >= threshold,
        _ => false,
    };
    expect(is_good, "respondents", found, format!("what {} shows of {threshold} or more", policy.name()))?;
    let least = match found {
        Count::Exact(respondents) => respondents,
        Count::TenOrMore => 10,
        _ => threshold,
    };
    expect(least <= MAX_RESPONDENTS, "respondents", found, format!("at most {MAX_RESPONDENTS}"))?;
    if let Some(eligible) = release.eligible {
        expect(eligible >= least, "eligible", eligible, format!("{least} or more"))?;
    }
    Ok(found.exact())
}

struct Checker<'a> {
    instrument: &'a Instrument,
    policy: Policy,
    respondents: Option<u64>,
    is_merged: bool,
}

impl Checker<'_> {
    fn items(&self, released: &[ReleasedItem]) -> Result<(), ReleaseError> {
        let ids: Vec<&str> = self.instrument.items().map(|(_, item)| item.id.as_str()).collect();
        same_ids("items", released.iter().map(|item| item.id.as_str()), &ids)?;
        for ((id, item), one) in self.instrument.items().zip(released) {
            self.item(item, one)?;
            let is_open = self.policy.rules() == Rules::Cells && one.base.is_some();
            let tells_more = is_open && splits_a_shown_count(self.instrument, id, released);
            let place = format!("item {:?}", item.id);
            expect(!tells_more, place, "a base", "it to be withheld like the answers that it depends on")?;
        }
        Ok(())
    }

    fn item(&self, item: &Item, released: &ReleasedItem) -> Result<(), ReleaseError> {
        let place = format!("item {:?}", item.id);
        self.base(&place, item, released)?;
        let Some(cells) = &released.cells else { return Ok(()) };
        let is_banded = !item.demographic && (item.takes_several() || has_agreement(item));
        let is_shown = is_banded || self.policy.rules() != Rules::Bands;
        expect(is_shown, &place, "counts", "them to be withheld under this policy")?;
        self.grouping(&place, item, cells)?;
        for cell in cells {
            let is_none = has_meaning(item, cell, Meaning::None);
            let is_good = match cell.count {
                Count::Withheld => self.is_merged || is_none && self.policy.rules() == Rules::Cells,
                count => self.count(item, count, released.base),
            };
            let expected = format!("what {} can show of {:?}", self.policy.name(), released.base);
            let place = format!("{place}, {}", cell.categories.join("+"));
            expect(is_good, place, cell.count, expected)?;
        }
        self.ticks(&place, item, cells, released.base)?;
        self.total(&place, item, cells, released.base)
    }

    fn base(&self, place: &str, item: &Item, released: &ReleasedItem) -> Result<(), ReleaseError> {
        let parts = (released.base, released.missing, released.not_asked);
        match parts {
            (None, None, None) if released.cells.is_none() || self.policy.rules() == Rules::Bands => Ok(()),
            (Some(base), Some(missing), Some(not_asked)) if self.policy.rules() != Rules::Bands => {
                let sum = base.checked_add(missing).and_then(|sum| sum.checked_add(not_asked));
                let found = format!("base {base}, missing {missing}, not asked {not_asked}");
                expect(sum == self.respondents, place, &found, "the number of respondents as their sum")?;
                let threshold = self.policy.threshold();
                expect(base >= threshold, place, &found, format!("a base of {threshold} or more"))?;
                let is_asked = not_asked == 0 || item.condition.is_some();
                expect(is_asked, place, &found, "everybody to be asked")?;
                let is_few = (1..self.policy.cell()).contains(&not_asked);
                expect(!is_few, place, &found, "an item that so few were not asked to be withheld")
            }
            _ => Err(ReleaseError::at(place, "a part of its base", "all of base, missing and not_asked")),
        }
    }

    /// Checks that the cells are the item's answers, or one of its poolings.
    fn grouping(&self, place: &str, item: &Item, cells: &[ReleasedCell]) -> Result<(), ReleaseError> {
        let codes = |pooling: &Pooling| -> Vec<Vec<String>> {
            let groups = pooling.groups.iter();
            groups.map(|group| ReleasedCell::new(item, group, Count::Between).categories).collect()
        };
        let found: Vec<Vec<String>> = cells.iter().map(|cell| cell.categories.clone()).collect();
        let mut poolings = item.poolings.iter();
        let is_agreement = self.policy.rules() == Rules::Bands && has_agreement(item);
        let is_good = if is_agreement {
            poolings.any(|pooling| codes(pooling).len() == 2 && codes(pooling)[1..] == found)
        } else {
            found == codes(&item.ungrouped()) || poolings.any(|pooling| found == codes(pooling))
        };
        let joined: Vec<String> = found.iter().map(|codes| codes.join("+")).collect();
        expect(is_good, place, joined.join(", "), "the item's categories, or a declared pooling of them")
    }

    fn count(&self, item: &Item, count: Count, base: Option<u64>) -> bool {
        let (base, limit) = (base.unwrap_or(0), self.policy.cell());
        match (self.policy.rules(), count) {
            (Rules::Exact, Count::Exact(count)) => count <= base,
            (Rules::Bands, Count::AtLeast(80) | Count::AtMost(20) | Count::Between) => true,
            (Rules::Cells, Count::Below(_) | Count::Above(_) | Count::AtLeast(_))
                if !rules::has_room(base, &self.policy) =>
            {
                false
            }
            (Rules::Cells, Count::Exact(count)) if item.takes_several() => {
                count >= limit && count <= base.saturating_sub(limit)
            }
            (Rules::Cells, Count::Exact(count)) => count == 0 || (limit..=base).contains(&count),
            (Rules::Cells, Count::Below(below)) => below == limit,
            (Rules::Cells, Count::Above(above)) => {
                item.takes_several() && Some(above) == base.checked_sub(limit)
            }
            (Rules::Cells, Count::AtLeast(percent)) => {
                !item.takes_several() && base >= limit && percent == 100 * (base - limit + 1) / base
            }
            _ => false,
        }
    }

    /// Checks that the counts of an item with several choices may stand side by side.
    ///
    /// Those of a sum may not: its parts were shown, each by itself.
    fn ticks(
        &self,
        place: &str,
        item: &Item,
        cells: &[ReleasedCell],
        base: Option<u64>,
    ) -> Result<(), ReleaseError> {
        if !item.takes_several() || self.policy.rules() != Rules::Cells || self.is_merged {
            return Ok(());
        }
        let ticks = super::ticks(item, cells);
        let base = base.unwrap_or(0);
        let may_be_shown = rules::none_may_stand(&ticks, base, &self.policy)
            && rules::ticks_may_be_shown(&ticks, base, &self.policy);
        expect(may_be_shown, place, "counts", "them to be withheld, since together they tell of a few")
    }

    /// Checks that the counts of an item with one choice add up to its base, and leave room for variety.
    fn total(
        &self,
        place: &str,
        item: &Item,
        cells: &[ReleasedCell],
        base: Option<u64>,
    ) -> Result<(), ReleaseError> {
        if item.takes_several() || self.policy.rules() == Rules::Bands {
            return Ok(());
        }
        let shown: Vec<Count> = cells.iter().map(|cell| cell.count).collect();
        let Some(counts) = shown.iter().map(|count| count.exact()).collect::<Option<Vec<u64>>>() else {
            let is_band = matches!(
                shown[..],
                [Count::Below(_), Count::AtLeast(_)] | [Count::AtLeast(_), Count::Below(_)]
            );
            let found = format!("counts {shown:?}");
            return expect(is_band && !item.demographic, place, found, "every count, or one band of two");
        };
        let sum = counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        let found = format!("counts {counts:?}");
        expect(sum == base, place, &found, format!("a sum of {}", base.unwrap_or(0)))?;
        let filled = counts.iter().filter(|count| **count > 0).count();
        let varies = filled >= 2 || self.policy.rules() != Rules::Cells;
        expect(varies, place, found, "unanimity to be withheld")
    }

    fn derived(&self, release: &Document) -> Result<(), ReleaseError> {
        let ids: Vec<&str> = self.instrument.derived().iter().map(|v| v.id.as_str()).collect();
        same_ids("derived", release.derived.iter().map(|variable| variable.id.as_str()), &ids)?;
        for (variable, released) in self.instrument.derived().iter().zip(&release.derived) {
            let place = format!("derived {:?}", variable.id);
            let Some(counts) = &released.counts else {
                expect(released.parts.is_none(), &place, "parts without counts", "both or neither")?;
                continue;
            };
            let is_shown = self.policy.rules() != Rules::Bands;
            expect(is_shown, &place, "counts", "none under this policy")?;
            let sum = self.levels(&place, variable, counts)?;
            let most = self.base_of(variable, release);
            expect(sum <= most, &place, format!("{sum} respondents"), format!("at most {most}"))?;
            let may_be_shown = self.is_merged || parts_may_be_shown(variable, sum, &release.items);
            self.parts(&place, variable, counts, released.parts.as_deref(), may_be_shown)?;
            if self.policy.rules() == Rules::Cells {
                self.shown_levels(&place, variable, counts, release)?;
            }
        }
        Ok(())
    }

    /// Checks that the items of a sum can have these sums and squares.
    fn parts(
        &self,
        place: &str,
        variable: &Variable,
        counts: &[u64],
        parts: Option<&[ReleasedPart]>,
        may_be_shown: bool,
    ) -> Result<(), ReleaseError> {
        let items = variable.definition.summands();
        let Some(parts) = parts else {
            return expect(
                self.is_merged || !may_be_shown,
                place,
                "no parts",
                "one for each item of the sum",
            );
        };
        expect(may_be_shown, place, "parts", "none for other variables, nor beside a few who are left out")?;
        expect(parts.len() == items.len(), place, parts.len(), format!("{} parts", items.len()))?;
        // The counts are checked: their sum fits.
        let n = u128::from(counts.iter().sum::<u64>());
        for (id, part) in items.iter().zip(parts) {
            let item = self.instrument.item(*id);
            let values = || item.answers().filter_map(|(_, category)| category.value).map(u128::from);
            let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
            let (sum, squares) = (u128::from(part.sum), u128::from(part.squares));
            // Every value is between the lowest and the highest, so (x − low)·(high − x) ≥ 0.
            let is_possible = (n * low..=n * high).contains(&sum)
                && n * squares >= sum * sum
                && squares + n * low * high <= sum * (low + high);
            let found = format!("{part:?} of {:?}", item.id);
            expect(is_possible, place, found, format!("what {n} values of {low} to {high} can have"))?;
        }
        let total: u128 = parts.iter().map(|part| u128::from(part.sum)).sum();
        let levels = counts.iter().zip(variable.levels.clone());
        let expected: u128 = levels.map(|(count, level)| u128::from(*count) * u128::from(level)).sum();
        let adds_up = total == expected;
        expect(adds_up, place, format!("parts that add up to {total}"), expected)
    }

    /// Checks that a variable's counts may stand beside everything else that is released.
    fn shown_levels(
        &self,
        place: &str,
        variable: &Variable,
        counts: &[u64],
        release: &Document,
    ) -> Result<(), ReleaseError> {
        let is_safe = rules::table(counts, &[], true, &self.policy) == rules::Table::Exact;
        let expected = format!("two levels or more, of {} or more", self.policy.cell());
        expect(is_safe, place, format!("counts {counts:?}"), expected)?;
        let mut sources = variable.definition.items().iter();
        let is_full = sources.all(|item| release.items[item.0].is_full());
        expect(is_full, place, "counts", "none, since a table that they follow from is not shown in full")?;
        let mut pairs = self.instrument.pairs().iter().zip(&release.correlations);
        let has_coefficient = pairs.any(|(pair, released)| pair.has(variable) && released.result.is_some());
        expect(!has_coefficient, place, "counts", "none, since a correlation with them is shown")
    }

    /// Returns the most respondents that can have a variable: the smallest base of its items.
    fn base_of(&self, variable: &Variable, release: &Document) -> u64 {
        let bases = variable.definition.items().iter().map(|item| release.items[item.0].base);
        bases.map(|base| base.unwrap_or(0)).min().unwrap_or(0)
    }

    /// Checks counts by level, and returns how many respondents they hold.
    fn levels(&self, place: &str, variable: &Variable, counts: &[u64]) -> Result<u64, ReleaseError> {
        let levels = usize::from(variable.levels.end() - variable.levels.start()) + 1;
        expect(counts.len() == levels, place, counts.len(), format!("{levels} counts"))?;
        let sum = counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        let most = self.respondents.unwrap_or(0);
        let sum = sum.filter(|sum| (self.policy.threshold()..=most).contains(sum));
        sum.ok_or_else(|| {
            let expected = format!("a sum of {} to {most}", self.policy.threshold());
            ReleaseError::at(place, format!("counts {counts:?}"), expected)
        })
    }

    fn correlations(&self, release: &Document) -> Result<(), ReleaseError> {
        let released = &release.correlations;
        let ids: Vec<&str> = self.instrument.pairs().iter().map(|pair| pair.id.as_str()).collect();
        same_ids("correlations", released.iter().map(|pair| pair.id.as_str()), &ids)?;
        for (pair, released) in self.instrument.pairs().iter().zip(released) {
            let place = format!("correlation {:?}", pair.id);
            match (&released.result, self.policy.rules()) {
                (None, _) => {}
                (Some(ReleasedPair::R { n, r }), Rules::Cells) => {
                    let most = self.base_of(&pair.x, release).min(self.base_of(&pair.y, release));
                    self.coefficient(&place, *n, *r, most)?;
                    let shows_levels = shows_levels(self.instrument, &self.policy, pair, &release.items);
                    expect(
                        !shows_levels,
                        place,
                        "a coefficient",
                        "none beside ticks that tell the joint table",
                    )?;
                }
                (Some(ReleasedPair::Exact { x, y, sum_xy }), Rules::Exact) => {
                    let n = (self.levels(&place, &pair.x, x)?, self.levels(&place, &pair.y, y)?);
                    expect(n.0 == n.1, &place, format!("{} and {} values", n.0, n.1), "as many of both")?;
                    let histogram = |variable: &Variable, counts: &Vec<u64>| Histogram {
                        start: *variable.levels.start(),
                        counts: counts.clone(),
                    };
                    let (x, y) = (histogram(&pair.x, x), histogram(&pair.y, y));
                    let is_possible = is_possible(&x, &y, *sum_xy);
                    expect(is_possible, &place, format!("sum_xy {sum_xy}"), "one that these counts allow")?;
                }
                (Some(_), _) => {
                    let expected = format!("what {} shows of a pair", self.policy.name());
                    return Err(ReleaseError::at(place, "another kind of result", expected));
                }
            }
        }
        Ok(())
    }

    fn coefficient(&self, place: &str, n: u64, r: Coefficient, most: u64) -> Result<(), ReleaseError> {
        let range = self.policy.threshold()..=most;
        let pairs = format!("{} to {}", range.start(), range.end());
        expect(range.contains(&n), place, format!("n = {n}"), pairs)?;
        expect(r.value().abs() < 1.0, place, format!("r = {r}"), "less than 1 in size")
    }
}

/// Returns whether some pairs have these marginal counts and this Σxy, as far as the extremes tell.
///
/// They are bounds that pairs attain, so they are never wider than Cauchy and Schwarz's.
fn is_possible(x: &Histogram, y: &Histogram, sum_xy: u64) -> bool {
    let (least, most) = rules::extremes(x, y);
    (least..=most).contains(&u128::from(sum_xy))
}

/// Returns whether a cell is of one category with that meaning.
fn has_meaning(item: &Item, cell: &ReleasedCell, meaning: Meaning) -> bool {
    let [code] = &cell.categories[..] else { return false };
    item.find_category(code).is_some_and(|category| item.category(category).meaning == meaning)
}

fn same_ids<'a>(
    place: &str,
    found: impl Iterator<Item = &'a str>,
    expected: &[&str],
) -> Result<(), ReleaseError> {
    let found: Vec<&str> = found.collect();
    expect(found == expected, place, found.join(", "), expected.join(", "))
}

fn expect(
    holds: bool,
    place: impl Into<String>,
    found: impl ToString,
    expected: impl ToString,
) -> Result<(), ReleaseError> {
    if holds { Ok(()) } else { Err(ReleaseError::at(place, found, expected)) }
}
