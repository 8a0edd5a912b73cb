//! A small soak. The large one is `cargo bench -p airlock-tests --bench soak`.

use airlock_tests::soak::run;

#[test]
fn two_thousand_calls_in_all_kinds_of_trouble_lose_nothing_and_leave_nothing() {
    let report = run(2000, 7);
    assert!(report.answered > 1000 && report.refused > 100, "{report:?}");
}
