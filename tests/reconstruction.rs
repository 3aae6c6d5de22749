#[path = "reconstruction/groups.rs"]
mod groups;
#[path = "reconstruction/search.rs"]
mod search;
#[path = "reconstruction/world.rs"]
mod world;

impl search::Seen for Result<balint_survey::disclosure::Release, balint_survey::disclosure::Refusal> {
    fn distance(&self, other: &Self) -> Option<u64> {
        if self == other {
            return Some(0);
        }
        use balint_survey::disclosure::ReleasedPair;
        let (Ok(a), Ok(b)) = (self, other) else { return None };
        if a.items() != b.items() || a.derived() != b.derived() || a.respondents() != b.respondents() { return None }
        a.correlations().iter().zip(b.correlations()).map(|(a, b)| match (&a.result, &b.result) {
            (None, None) => Some(0),
            (Some(ReleasedPair::R { n: a, r: x }), Some(ReleasedPair::R { n: b, r: y })) if a == b => Some((100.0 * (x.value() - y.value()).abs()).ceil() as u64),
            (Some(_), None) | (None, Some(_)) => Some(20),
            _ => None
        }).sum()
    }

    fn spoiled(&self, other: &Self) -> Vec<usize> {
        let (Ok(a), Ok(b)) = (self, other) else { return Vec::new() };
        let items = a.items().iter().zip(b.items()).enumerate();
        let mut spoiled: Vec<usize> = items.filter(|(_, (a, b))| a != b).map(|(item, _)| item).collect();
        if a.derived() != b.derived() || a.correlations() != b.correlations() {
            spoiled.extend([1, 3, 4, 5, 6].iter().filter(|i| **i < a.items().len()));
        }
        spoiled
    }
}

#[test]
fn bench() {
    let policy_name = std::env::var("POL").unwrap_or("standard".into());
    let mut tally = std::collections::BTreeMap::<String, usize>::new();
    for id in ["stress-experience", "post-program"] {
        let survey = world::Survey::new(id);
        let policy = balint_survey::disclosure::Policy::named(&policy_name).unwrap();
        let t = std::time::Instant::now();
        let per: usize = std::env::var("PER").map_or(5, |v| v.parse().unwrap());
        let mut shown = std::collections::BTreeMap::<String, usize>::new();
        let observed = std::cell::Cell::new(0);
        for g in 0..per * 55 {
            let mut r = world::Random::new(g as u64);
            let n = 6 + g % 55;
            if n < policy.threshold() as usize { continue; }
            let w = groups::random(&survey, n, &mut r);
            let secrets = survey.secrets(&w, policy.cell());
            let before = observed.get(); let _ = before; let open = search::Attack { survey: &survey, truth: &w, observe: |w: &world::World| { observed.set(observed.get()+1); survey.release(w, &policy) }, random: r }.open(secrets);
            for o in &open {
                let kind = format!("{o:?}").split(&[' ', '}'][..]).next().unwrap().to_string();
                let item = match o { search::Secret::Joint{pair,..} => survey.instrument.pairs()[*pair].id.clone(), search::Secret::Level{variable,..} => survey.instrument.derived()[*variable].id.clone(), search::Secret::Rows => "".into(), search::Secret::Count{item,..}|search::Secret::Without{item,..}|search::Secret::Only{item,..}|search::Secret::Alike{item}|search::Secret::OthersAlike{item,..} => survey.instrument.items().nth(*item).unwrap().1.id.clone() };
                let key = format!("{id} {kind} {item}");
                *tally.entry(key.clone()).or_default() += 1;
                let k = shown.entry(key.clone()).or_default(); *k += 1;
                if *k <= 3 {
                    println!("== {key} {o:?} g={g} n={n}");
                    let rel = survey.release(&w, &policy).unwrap();
                    for i in rel.items() { if let search::Secret::Joint{..} = o {} else if i.id != item {continue}
                        println!("  {} base {:?} missing {:?} na {:?} {:?}", i.id, i.base, i.missing, i.not_asked, i.cells.as_ref().map(|c| c.iter().map(|c| c.count.to_string()).collect::<Vec<_>>())); }
                    for d in rel.derived() { println!("  {} {:?}", d.id, d.counts); }
                    for d in rel.correlations() { println!("  {} {:?}", d.id, d.result); }
                }
            }
        }
        println!("{id} {:?} observed {}", t.elapsed(), observed.get());
    }
    println!("{tally:#?}");
}
