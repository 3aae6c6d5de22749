//! Every figure of the statistics against an oracle of 820 cases, natively and in the browser's WebAssembly.
//!
//! Where the expected values come from is told in `tests/data/README.md`; the tolerances are those of the
//! oracle's `meta.tolerance`. A perfect correlation has no test here, where the oracle gives the limits t = ±∞
//! and p = 0.

use balint_survey::statistics::{
    Correlation, Histogram, Interval, Moments, PairMoments, Table, Tail, WelchTest, chi_square_tail,
    clopper_pearson, cronbach_alpha, difference_of_means, holm, permutation_test, student_quantile,
    student_tail, welch, wilson,
};
use serde_json::{Map, Value};

const ORACLE: &str = include_str!("data/oracle.json");

/// How near a figure must be: a count is exact, the rest relative.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Count,
    /// Also means, deviations, proportions.
    Coefficient,
    /// t, z, bounds and quantiles; near 0 absolute.
    Statistic,
    /// In the far tail, relative to the digits that a double leaves to ln p.
    P,
    Log10P,
}

impl Kind {
    fn tolerance(self, expected: f64) -> f64 {
        match self {
            Kind::Count => 0.0,
            Kind::Coefficient | Kind::Log10P => 1e-13 * expected.abs(),
            Kind::Statistic => (1e-12 * expected.abs()).max(1e-13),
            Kind::P if expected > 1e-100 || expected == 0.0 => 1e-11 * expected,
            Kind::P => 1e-12 * expected.ln().abs() * expected,
        }
    }
}

/// One case, and which of its expected values have been checked.
struct Case<'a> {
    id: &'a str,
    stat: &'a str,
    is_perfect: bool,
    input: &'a Value,
    expected: &'a Map<String, Value>,
    checked: Vec<&'static str>,
    failures: Vec<String>,
}

impl<'a> Case<'a> {
    fn new(case: &'a Value) -> Case<'a> {
        Case {
            id: case["id"].as_str().expect("an id"),
            stat: case["stat"].as_str().expect("a stat"),
            is_perfect: case["status"] == "perfect",
            input: &case["input"],
            expected: case["expected"].as_object().expect("expected values"),
            checked: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn fail(&mut self, key: &str, found: impl std::fmt::Debug, expected: impl std::fmt::Display) {
        self.failures.push(format!("{} {} {key}: found {found:?}, expected {expected}", self.stat, self.id));
    }

    /// Checks a figure, if the case has it.
    fn check(&mut self, key: &'static str, found: Option<f64>, kind: Kind) {
        let Some(expected) = self.expected.get(key) else { return };
        self.checked.push(key);
        let is_close = match (found, number(expected)) {
            (None, None) => true,
            (Some(found), Some(expected)) => (found - expected).abs() <= kind.tolerance(expected),
            _ => false,
        };
        if !is_close {
            self.fail(key, found, expected);
        }
    }

    /// Checks an integer, which may be too large for an `f64`.
    fn check_integer(&mut self, key: &'static str, found: Option<i128>) {
        let Some(expected) = self.expected.get(key) else { return };
        self.checked.push(key);
        if found != (!expected.is_null()).then(|| integer(expected)) {
            self.fail(key, found, expected);
        }
    }

    /// Checks figures of a test that a perfect correlation does not have.
    fn check_test(&mut self, key: &'static str, found: Option<f64>, kind: Kind) {
        if !self.is_perfect {
            return self.check(key, found, kind);
        }
        if let Some(limit) = self.expected.get(key) {
            self.checked.push(key);
            if found.is_some() {
                self.fail(key, found, format!("none, for the limit {limit}"));
            }
        }
    }

    fn check_interval(&mut self, keys: [&'static str; 2], found: Option<Interval>) {
        self.check(keys[0], found.map(|interval| interval.low), Kind::Statistic);
        self.check(keys[1], found.map(|interval| interval.high), Kind::Statistic);
    }

    fn check_tail(&mut self, found: Option<Tail>) {
        self.check("p", found.map(|tail| tail.p_value), Kind::P);
        self.check("log10_p", found.map(|tail| tail.log10_p), Kind::Log10P);
    }

    /// Returns what is wrong, expected values that nobody looked at among it.
    fn finish(mut self) -> Vec<String> {
        for (key, expected) in self.expected {
            if self.checked.iter().filter(|checked| *checked == key).count() != 1 {
                self.fail(key, "nothing that looks at it once", expected);
            }
        }
        self.failures
    }

    fn run(&mut self) {
        match self.stat {
            "pearson" => self.pearson(),
            "r_n_to_p" => self.published(),
            "perm_exact" => self.permutation(),
            "moments" => self.moments(),
            "histogram" => self.histogram(),
            "rank_assoc" => self.rank_association(),
            "welch" => self.welch(),
            "alpha" => self.alpha(),
            "proportion" => self.proportion(),
            "chi2" => self.chi_square(),
            "holm" => self.holm(),
            "t_two_sided_p" => {
                self.check_tail(student_tail(real(&self.input["t"]), real(&self.input["df"])));
            }
            "chi2_sf" => self.check_tail(chi_square_tail(real(&self.input["x"]), count(&self.input["df"]))),
            "t_quantile_0.975" => {
                self.check("q", student_quantile(real(&self.input["df"])), Kind::Statistic);
            }
            _ => self.fail("stat", "no test of it", "one"),
        }
    }

    fn pearson(&mut self) {
        let x = moments(&self.input["n"], &self.input["sx"], &self.input["sxx"]);
        let y = moments(&self.input["n"], &self.input["sy"], &self.input["syy"]);
        let pairs = PairMoments { x, y, products: integer(&self.input["sxy"]) };
        self.check_integer("A", x.scatter().map(signed));
        self.check_integer("B", y.scatter().map(signed));
        self.check_integer("C", pairs.covariation());
        self.correlation(pairs.correlation());
    }

    fn published(&mut self) {
        self.correlation(Correlation::published(real(&self.input["r"]), count(&self.input["n"])));
    }

    fn correlation(&mut self, found: Option<Correlation>) {
        self.check("r", found.map(|found| found.r()), Kind::Coefficient);
        self.check("one_minus_r2", found.map(|found| found.unexplained()), Kind::Coefficient);
        self.check_integer("df", found.map(|found| i128::from(found.degrees_of_freedom())));
        let test = found.and_then(|found| found.test());
        self.check_test("t", test.map(|test| test.t), Kind::Statistic);
        self.check_test("p", test.map(|test| test.p_value), Kind::P);
        self.check_test("log10_p", test.map(|test| test.log10_p), Kind::Log10P);
        self.check("z", found.and_then(|found| found.z()), Kind::Statistic);
        self.check_interval(["ci_lo", "ci_hi"], found.and_then(|found| found.interval()));
    }

    fn permutation(&mut self) {
        let side = |counts: &Value| Histogram { start: 0, counts: counts_of(counts) };
        let (x, y) = (side(&self.input["x_hist"]), side(&self.input["y_hist"]));
        let p = permutation_test(&x, &y, count(&self.input["sxy"]));
        self.check("p", p, Kind::P);
        // The oracle's fraction is of the ways to deal out the levels of x.
        let arrangements = arrangements(&x.counts);
        self.check_integer("denominator", Some(arrangements));
        self.check_integer("numerator", p.map(|p| (p * arrangements as f64).round() as i128));
    }

    fn moments(&mut self) {
        let moments = moments(&self.input["n"], &self.input["sx"], &self.input["sxx"]);
        self.check_integer("ss_num", moments.scatter().map(signed));
        self.check("mean", moments.mean(), Kind::Coefficient);
        self.check("var", moments.variance(), Kind::Coefficient);
        self.check("sd", moments.standard_deviation(), Kind::Coefficient);
        self.check("se", moments.standard_error(), Kind::Coefficient);
        self.check("t975", student_quantile(moments.n as f64 - 1.0), Kind::Statistic);
        self.check_interval(["ci_lo", "ci_hi"], moments.interval());
    }

    fn histogram(&mut self) {
        let values = counts_of(&self.input["values"]);
        assert!(values.windows(2).all(|pair| pair[1] == pair[0] + 1), "{}: levels are consecutive", self.id);
        let histogram = Histogram { start: values[0] as u16, counts: counts_of(&self.input["counts"]) };
        let (type_2, type_7) = (histogram.quartiles_type_2(), histogram.quartiles_type_7());
        for (i, keys) in [
            ["q1_type2", "q1_type7", "q1"],
            ["median_type2", "median_type7", "median"],
            ["q3_type2", "q3_type7", "q3"],
        ]
        .into_iter()
        .enumerate()
        {
            self.check(keys[0], type_2.map(|quartiles| quartiles[i]), Kind::Count);
            self.check(keys[1], type_7.map(|quartiles| quartiles[i]), Kind::Count);
            self.check(keys[2], type_2.map(|quartiles| quartiles[i]), Kind::Count);
        }
        assert_eq!(histogram.median(), type_7.map(|quartiles| quartiles[1]), "{}", self.id);
        self.check_integer("n", Some(i128::from(histogram.base())));
        self.check_integer("min", histogram.min().map(i128::from));
        self.check_integer("max", histogram.max().map(i128::from));
        if let Some(expected) = self.expected.get("mode") {
            self.checked.push("mode");
            if histogram.modes() != counts_of(expected) {
                self.fail("mode", histogram.modes(), expected);
            }
        }
    }

    fn rank_association(&mut self) {
        let table = table(&self.input["table"]);
        let found = table.as_ref().and_then(Table::rank_association);
        let rho = found.map(|found| found.spearman);
        self.check_integer("n", table.as_ref().map(|table| i128::from(table.n())));
        self.check("rho", rho.map(|rho| rho.r()), Kind::Coefficient);
        // The oracle does not mark a perfect ρ: it gives p = 0, the limit.
        self.is_perfect = rho.is_some_and(|rho| rho.unexplained() == 0.0);
        self.check_test("rho_p", rho.and_then(|rho| rho.test()).map(|test| test.p_value), Kind::P);
        self.check_integer("concordant", found.map(|found| signed(found.concordant)));
        self.check_integer("discordant", found.map(|found| signed(found.discordant)));
        self.check("tau_b", found.map(|found| found.tau_b), Kind::Coefficient);
        let kendall = found.and_then(|found| found.kendall);
        self.check("tau_z", kendall.map(|test| test.z), Kind::Statistic);
        self.check("tau_p", kendall.map(|test| test.p_value), Kind::P);
    }

    fn welch(&mut self) {
        let [a, b] = ["a", "b"].map(|group| &self.input[group]);
        let [a, b] = [a, b].map(|group| moments(&group["n"], &group["sx"], &group["sxx"]));
        let test: Option<WelchTest> = welch(&a, &b);
        self.check("diff", difference_of_means(&a, &b), Kind::Coefficient);
        self.check("t", test.map(|test| test.t), Kind::Statistic);
        self.check("df", test.map(|test| test.degrees_of_freedom), Kind::Statistic);
        self.check("p", test.map(|test| test.p_value), Kind::P);
        self.check("log10_p", test.map(|test| test.log10_p), Kind::Log10P);
        self.check_interval(["ci_lo", "ci_hi"], test.map(|test| test.interval));
    }

    fn alpha(&mut self) {
        let n = &self.input["n"];
        let items = self.input["items"].as_array().expect("items");
        let items: Vec<Moments> = items.iter().map(|item| moments(n, &item["sx"], &item["sxx"])).collect();
        let total = moments(n, &self.input["total"]["st"], &self.input["total"]["stt"]);
        self.check("alpha", cronbach_alpha(&items, &total), Kind::Coefficient);
        self.check_integer("k", Some(items.len() as i128));
        let constant = items.iter().filter(|item| item.variance() == Some(0.0)).count();
        self.check_integer("items_with_zero_variance", Some(constant as i128));
    }

    fn proportion(&mut self) {
        let (x, n) = (count(&self.input["x"]), count(&self.input["n"]));
        self.check("p", (n > 0).then(|| x as f64 / n as f64), Kind::Coefficient);
        self.check_interval(["lo", "hi"], wilson(x, n));
        self.check_interval(["cp_lo", "cp_hi"], clopper_pearson(x, n));
    }

    fn chi_square(&mut self) {
        let table = table(&self.input["table"]);
        let test = table.as_ref().and_then(Table::chi_square);
        self.check("chi2", test.map(|test| test.statistic), Kind::Statistic);
        self.check_integer("df", test.map(|test| i128::from(test.degrees_of_freedom)));
        self.check("p", test.map(|test| test.p_value), Kind::P);
        self.check("log10_p", test.map(|test| test.log10_p), Kind::Log10P);
        self.check("v", test.map(|test| test.cramers_v), Kind::Coefficient);
        self.check("v_bias_corrected", test.and_then(|test| test.corrected_v), Kind::Coefficient);
        self.check("min_expected", test.map(|test| test.least_expected), Kind::Coefficient);
        self.check_integer("cells_expected_lt5", test.map(|test| test.expected_below_5 as i128));
        self.check("fisher_p", table.as_ref().and_then(Table::fisher_test), Kind::P);
    }

    fn holm(&mut self) {
        self.checked.push("adjusted");
        let p_values = self.input["p"].as_array().expect("p-values");
        let found = holm(&p_values.iter().map(Value::as_f64).collect::<Vec<_>>());
        let expected = &self.expected["adjusted"];
        let each = expected.as_array().expect("p-values").iter().map(Value::as_f64);
        let is_close = |(found, expected): (&Option<f64>, Option<f64>)| match (found, expected) {
            (Some(found), Some(expected)) => {
                (found - expected).abs() <= Kind::Coefficient.tolerance(expected)
            }
            (found, expected) => *found == expected,
        };
        if found.len() != each.len() || !found.iter().zip(each).all(is_close) {
            self.fail("adjusted", found, expected);
        }
    }
}

/// Returns a number, which may be an integer written as a string; null is none, and so is infinity.
fn number(value: &Value) -> Option<f64> {
    let text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_f64().or_else(text).filter(|number| number.is_finite())
}

fn real(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn integer(value: &Value) -> i128 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().expect("an integer")
}

fn count(value: &Value) -> u64 {
    integer(value).try_into().expect("a count")
}

fn signed(value: u128) -> i128 {
    value.try_into().expect("below 2¹²⁷")
}

fn counts_of(value: &Value) -> Vec<u64> {
    value.as_array().expect("counts").iter().map(count).collect()
}

fn moments(n: &Value, sum: &Value, squares: &Value) -> Moments {
    Moments { n: count(n), sum: integer(sum), squares: integer(squares).unsigned_abs() }
}

fn table(rows: &Value) -> Option<Table> {
    Table::new(&rows.as_array().expect("rows").iter().map(counts_of).collect::<Vec<_>>())
}

/// Returns the multinomial coefficient of the counts.
fn arrangements(counts: &[u64]) -> i128 {
    let (mut product, mut n) = (1, 0);
    for count in counts {
        for k in 1..=i128::from(*count) {
            n += 1;
            product = product * n / k;
        }
    }
    product
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_expected_value_of_every_case_is_found() {
    let oracle: Value = serde_json::from_str(ORACLE).expect("the oracle is JSON");
    let cases = oracle["cases"].as_array().expect("cases");
    let (mut run, mut checked, mut failures) = (0, 0, Vec::new());
    for case in cases {
        let mut case = Case::new(case);
        case.run();
        run += 1;
        checked += case.checked.len();
        failures.extend(case.finish());
    }
    let expected: usize = cases.iter().map(|case| case["expected"].as_object().map_or(0, Map::len)).sum();
    assert!(failures.is_empty(), "{} of {expected} values:\n{}", failures.len(), failures.join("\n"));
    assert_eq!((run, checked), (820, expected));
}
