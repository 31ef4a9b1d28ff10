//! Progress of a job, without a job.

use prividium_prover::progress::{Progress, Stage, Step};

fn planned() -> Progress {
    let progress = Progress::default();
    let step = |stage| Step { stage, expected_seconds: 1000.0 };
    progress.plan(vec![step(Stage::Segment), step(Stage::Wrap)]);
    progress
}

#[test]
fn percent_follows_the_steps() {
    let progress = planned();
    assert!(progress.snapshot().percent < 1.0);
    progress.step_skipped().expect("not cancelled");
    let half = progress.snapshot();
    assert_eq!(half.stage, Stage::Wrap);
    assert!((50.0..51.0).contains(&half.percent));
    progress.step_skipped().expect("not cancelled");
    assert_eq!(progress.snapshot().eta_seconds, 0);
}

#[test]
fn a_cancelled_job_stops_at_the_next_step() {
    let progress = planned();
    progress.cancel();
    assert_eq!(progress.step_done().expect_err("cancelled").code(), "cancelled");
}
