//! What a leader answers when the sum is asked for, made as two operators make it.

use balint_survey::remote::task::Task;
use balint_survey::remote::{Role, dap09};
use prio::codec::Encode;
use prio::field::{Field128, FieldElement, random_vector};

/// Returns what the leader answers when so many have left everything out.
pub fn collection(task: &Task, reports: u64) -> Vec<u8> {
    let instrument = task.instrument();
    let mut sums = vec![0; task.document().vdaf.length];
    // Each item's entries are its categories, and then five more, of which the last is "left out".
    let mut end = 0;
    for (_, item) in instrument.items() {
        end += item.categories.len() + 5;
        sums[end - 1] = u128::from(reports);
    }
    seal(task, reports, &sums)
}

/// Seals a sum in two shares, as two operators do.
pub fn seal(task: &Task, reports: u64, sums: &[u128]) -> Vec<u8> {
    let (opens, closes) = task.window();
    let mut selector = vec![1];
    selector.extend(opens.to_be_bytes());
    selector.extend((closes - opens).to_be_bytes());
    let aad = [&task.id()[..], &[0; 4], &selector].concat();
    let mask: Vec<Field128> = random_vector(sums.len()).expect("random numbers");
    let rest = sums.iter().zip(&mask).map(|(sum, mask)| Field128::from(*sum) - *mask).collect();
    let mut out = vec![1];
    out.extend(reports.to_be_bytes());
    out.extend(opens.to_be_bytes());
    out.extend((closes - opens).to_be_bytes());
    for (role, share) in Role::BOTH.into_iter().zip([mask, rest]) {
        let plain: Vec<u8> =
            share.iter().flat_map(|entry: &Field128| entry.get_encoded().expect("bytes")).collect();
        assert_eq!(plain.len(), sums.len() * Field128::ENCODED_SIZE);
        let sealed = task.collector().seal(&dap09::aggregate_share_info(role), &aad, &plain).expect("a key");
        out.push(sealed.config_id);
        out.extend((sealed.encapsulated_key.len() as u16).to_be_bytes());
        out.extend(&sealed.encapsulated_key);
        out.extend((sealed.payload.len() as u32).to_be_bytes());
        out.extend(&sealed.payload);
    }
    out
}
