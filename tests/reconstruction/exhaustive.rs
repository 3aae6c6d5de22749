//! All microdata that a release under `published` leaves possible.

use std::collections::BTreeSet;

use balint_survey::disclosure::{Policy, Release};

use crate::world::{Row, Survey};

/// More possible groups than these are not enumerated: there is more than one, which is the answer.
const MOST: usize = 3_000;

/// Returns the groups, each as its sorted rows, whose release is this one; `None` when they are too many to try.
///
/// It reads nothing but the release: every category's count, then one item after another is dealt out among
/// the respondents in every way that makes another group.
pub fn groups(survey: &Survey, release: &Release, policy: &Policy) -> Option<BTreeSet<Vec<Row>>> {
    let size = release.respondents().exact()? as usize;
    let mut groups = BTreeSet::from([vec![Row::new(); size]]);
    for (item, shape) in survey.shapes.iter().enumerate() {
        let cells = release.items()[item].cells.as_ref()?;
        let counts: Option<Vec<u64>> = cells.iter().map(|cell| cell.count.exact()).collect();
        let mut dealt: BTreeSet<Vec<Row>> = groups
            .iter()
            .map(|rows| rows.iter().map(|row| [row.as_slice(), &[0]].concat()).collect())
            .collect();
        for (bit, count) in shape.answers.iter().zip(counts?) {
            dealt =
                dealt.iter().flat_map(|rows| deal(rows, *bit, count as usize, shape.takes_several)).collect();
            if dealt.len() > MOST {
                return None;
            }
        }
        groups = dealt.into_iter().filter(|rows| rows.iter().all(|row| shape.is_valid(row[item]))).collect();
    }
    let is_seen =
        |rows: &Vec<Row>| survey.release(&survey.world(rows.clone()), policy).as_ref() == Ok(release);
    Some(groups.into_iter().filter(is_seen).collect())
}

/// Returns every group in which so many respondents have one category more.
fn deal(rows: &[Row], bit: u64, count: usize, takes_several: bool) -> BTreeSet<Vec<Row>> {
    let mut groups = BTreeSet::new();
    for chosen in 0_u64..1 << rows.len() {
        let is_chosen = |place: usize| chosen >> place & 1 == 1;
        let last = |row: &Row| row.last().copied().unwrap_or(0);
        let is_free = |(place, row): (usize, &Row)| !is_chosen(place) || takes_several || last(row) == 0;
        if chosen.count_ones() as usize != count || !rows.iter().enumerate().all(is_free) {
            continue;
        }
        let mut group = rows.to_vec();
        for (_, row) in group.iter_mut().enumerate().filter(|(place, _)| is_chosen(*place)) {
            *row.last_mut().expect("the item that is dealt") |= bit;
        }
        group.sort();
        groups.insert(group);
    }
    groups
}
