//! Tests of whole charts: what is drawn where, and that it can stand in a page and in a file.

use super::*;

const CSS: &str = include_str!("../../../www/balint-report.css");

fn row(label: &str, shown: Shown, reference: Option<f64>) -> Row<'_> {
    Row { label, shown, figures: "22 (48%)".to_owned(), reference }
}

fn value(value: f64, low: f64, high: f64) -> Shown {
    Shown::Value { value, interval: Some((low, high)) }
}

fn bars_of(rows: Vec<Row>) -> String {
    bars(&Bars { title: "A <title> & more", rows, reference: Some("The \"study\" & others") }).to_string()
}

fn likert_of(categories: &[&str], rows: &[Agreement]) -> String {
    let statement = |shown: &Agreement| Statement {
        label: "The group helped.",
        base: Some(20),
        shown: shown.clone(),
        figures: "mean 3.8".to_owned(),
    };
    likert(&Likert {
        title: "Title",
        categories: categories.into(),
        rows: rows.iter().map(statement).collect(),
    })
    .to_string()
}

/// Returns a chart of each kind, with everything that a row can show.
fn charts() -> Vec<String> {
    let words = || Shown::Words("fewer than 5 people".to_owned());
    let rows = || {
        vec![
            row("<50% & \"more\"", value(48.0, 34.0, 62.0), Some(50.0)),
            row("Range", Shown::Range { low: 91.0, high: 100.0 }, None),
            row("Withheld", words(), Some(2.0)),
        ]
    };
    let estimates = estimates(&Estimates { title: "Title", rows: rows(), reference: None }).to_string();
    let seven = ["1", "2", "3", "4", "5", "6", "7"];
    let shares = (2..=7).map(|count| likert_of(&seven[..count], &[Agreement::Shares(vec![1.0; count])]));
    let others = [Agreement::Range { low: 80.0, high: 100.0 }, Agreement::Words("withheld".to_owned())];
    let mut charts: Vec<String> = shares.collect();
    charts.extend([bars_of(rows()), bars_of(Vec::new()), estimates, likert_of(&seven, &others)]);
    charts
}

/// Returns the values of an attribute of all elements with a class.
fn attribute(svg: &str, class: &str, name: &str) -> Vec<f64> {
    let of_class = svg.lines().filter(|line| line.contains(&format!(r#"class="{class}""#)));
    let value = |line: &str| {
        let (_, rest) = line.split_once(&format!(r#" {name}=""#)).expect("the attribute");
        rest.split_once('"').and_then(|(value, _)| value.parse().ok()).expect("a number")
    };
    of_class.map(value).collect()
}

/// Returns the left end and the width of each segment, without the signs of the legend.
fn segments(svg: &str) -> Vec<(f64, f64)> {
    let all = (1..=7).flat_map(|step| {
        let of = |name| attribute(svg, &format!("chart-step-{step}"), name);
        let places: Vec<_> = of("x").into_iter().zip(of("width")).zip(of("height")).collect();
        places.into_iter().filter(|(_, height)| *height > 15.0).map(|(place, _)| place)
    });
    all.collect()
}

#[test]
fn charts_are_well_formed() {
    for chart in charts() {
        let mut open = Vec::new();
        for tag in chart.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').expect("tags end");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            assert!(!text.contains('"'), "{text}");
            let name = tag.split(' ').next().unwrap_or_default();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if tag.ends_with('/') => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        let references = chart.split('&').skip(1).all(|rest| {
            ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|reference| rest.starts_with(reference))
        });
        assert!(references, "{chart}");
    }
}

#[test]
fn labels_titles_and_legends_are_text() {
    let chart = bars_of(vec![row("<50% & \"more\"", value(48.0, 34.0, 62.0), Some(50.0))]);
    for text in
        ["A &lt;title&gt; &amp; more", "&lt;50% &amp; &quot;more&quot;", "The &quot;study&quot; &amp; others"]
    {
        assert!(chart.contains(&format!(">{text}<")), "{text}");
    }
}

#[test]
fn charts_can_stand_under_a_strict_policy_and_beside_each_other() {
    for chart in charts() {
        for banned in [" style=", "<style", "<script", " id=", "url(", " on", "href"] {
            assert!(!chart.contains(banned), "{banned} in {chart}");
        }
        assert!(chart.starts_with(r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img""#));
    }
}

#[test]
fn every_class_has_a_rule_and_every_element_is_painted_without_one() {
    for chart in charts() {
        for element in chart.lines().filter(|line| line.contains("class=\"chart-")) {
            let class = element.split('"').nth(1).expect("the class");
            assert!(CSS.contains(&format!(".{class} {{")) || CSS.contains(&format!(".{class}, ")), "{class}");
            assert!(element.contains(" fill=\""), "{element}");
        }
    }
}

#[test]
fn paper_has_the_colours_of_the_light_page() {
    let declarations = |start: &str| -> Vec<&str> {
        let (_, charts) = CSS.split_once("---- Charts").expect("the section");
        let (_, rest) = charts.split_once(start).expect("the block");
        let (_, rest) = rest.split_once("body.report {").expect("the tokens");
        let (block, _) = rest.split_once('}').expect("its end");
        block.lines().map(str::trim).filter(|line| line.starts_with("--")).collect()
    };
    assert_eq!(declarations(""), declarations("@media print"));
}

#[test]
fn bars_and_whiskers_end_with_the_scale() {
    let chart = bars_of(vec![row("All", value(120.0, 92.0, 104.0), Some(-3.0))]);
    assert_eq!(attribute(&chart, "chart-bar", "x"), [svg::LEFT]);
    assert_eq!(attribute(&chart, "chart-bar", "width"), [svg::RIGHT - svg::LEFT]);
    let whisker = chart.lines().rfind(|line| line.contains("chart-whisker\"")).expect("a whisker");
    assert!(whisker.contains(&format!("L{} ", svg::RIGHT)), "{whisker}");
    let none = bars_of(vec![row("None", value(0.0, -4.0, 8.0), None)]);
    assert!(attribute(&none, "chart-bar", "width").is_empty());
}

#[test]
fn what_lies_on_a_bar_is_cut_out_of_it() {
    let chart = bars_of(vec![row("Half", value(50.0, 25.0, 75.0), None)]);
    let path =
        |class: &str| chart.lines().rfind(|line| line.contains(&format!("\"{class}\""))).expect("a path");
    assert!(path("chart-whisker-on-bar").contains(r#"d="M87 "#), "from a quarter");
    assert!(path("chart-whisker-on-bar").contains("L168 "), "to the half");
    assert!(path("chart-whisker").contains(r#"d="M168 "#), "from the half");
    assert!(path("chart-whisker").contains("L249 "), "to three quarters");
}

#[test]
fn withheld_rows_have_words_and_no_bar() {
    let words = || Shown::Words("fewer than 5 people".to_owned());
    let chart = bars_of(vec![row("Withheld", words(), None)]);
    assert!(chart.contains(">fewer than 5 people<"));
    assert!(!chart.contains("chart-bar") && !chart.contains("chart-zero") && !chart.contains("100%<"));
    let compared = bars_of(vec![row("Withheld", words(), Some(2.0))]);
    assert_eq!(compared.matches("chart-marker").count(), 2, "the legend's and the row's");
    let unmarked = bars_of(vec![row("All", value(120.0, 92.0, 104.0), None)]);
    assert!(!unmarked.contains("chart-marker"));
}

#[test]
fn estimates_stand_on_a_scale_around_zero() {
    let rows = vec![row("x × y", value(0.0, -0.5, 0.5), None), row("x × z", value(-1.2, -1.0, -0.9), None)];
    let chart = estimates(&Estimates { title: "Title", rows, reference: None }).to_string();
    assert_eq!(attribute(&chart, "chart-dot", "cx"), [168.0, svg::LEFT]);
    for tick in ["−1", "−.5", "0", ".5", "1"] {
        assert!(chart.contains(&format!(">{tick}</text>")), "{tick}");
    }
}

#[test]
fn segments_meet_and_add_up() {
    let edges = likert::edges(&[1.0, 2.0, 3.0]);
    assert!((edges[3] - edges[0] - 100.0).abs() < 1e-9);
    let chart =
        likert_of(&["No", "Rather", "Quite", "Yes"], &[Agreement::Shares(vec![7.0, 11.0, 30.0, 23.0])]);
    let segments = segments(&chart);
    assert_eq!(segments.len(), 4);
    for pair in segments.windows(2) {
        assert!((pair[0].0 + pair[0].1 - pair[1].0).abs() < 0.2, "{segments:?}");
    }
    // Both sides reach beyond 25 and up to 75 or 50 %, so that the scale spans 125 %.
    let total: f64 = segments.iter().map(|(_, width)| width).sum();
    assert!((total - (svg::RIGHT - svg::LEFT) * 100.0 / 125.0).abs() < 0.3, "{total}");
}

#[test]
fn an_odd_middle_straddles_zero() {
    let edges = likert::edges(&[10.0, 20.0, 40.0, 20.0, 10.0]);
    assert_eq!(edges, [-50.0, -40.0, -20.0, 20.0, 40.0, 50.0]);
    assert_eq!(likert::edges(&[1.0, 1.0, 1.0, 1.0]), [-50.0, -25.0, 0.0, 25.0, 50.0]);
    assert_eq!(likert::edges(&[0.0, 0.0, 0.0]), [0.0; 4]);
}

#[test]
fn narrow_segments_have_no_label_and_empty_ones_no_outline() {
    let chart =
        likert_of(&["No", "Rather", "Quite", "Yes"], &[Agreement::Shares(vec![0.0, 1.0, 49.0, 50.0])]);
    assert_eq!(segments(&chart).len(), 3);
    assert!(!chart.contains(">1%<") && chart.contains(">49%<") && chart.contains(">50%<"));
}

#[test]
fn a_common_base_is_said_once() {
    let shares = || Agreement::Shares(vec![10.0, 10.0]);
    let chart = likert_of(&["No", "Yes"], &[shares(), shares()]);
    assert_eq!(chart.matches("n = 20").count(), 1);
    let statement =
        |base| Statement { label: "A", base: Some(base), shown: shares(), figures: String::new() };
    let rows = vec![statement(20), statement(19)];
    let chart = likert(&Likert { title: "Title", categories: vec!["No", "Yes"], rows }).to_string();
    assert!(chart.contains(">n = 20<") && chart.contains(">n = 19<"));
}

#[test]
#[should_panic(expected = "one share for each category")]
fn shares_of_other_categories_are_refused() {
    likert_of(&["No", "Yes"], &[Agreement::Shares(vec![1.0, 2.0, 3.0])]);
}
