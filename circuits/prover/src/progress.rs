//! How far a job is: a list of steps with expected durations, corrected by the durations of the steps already done.
//! The job moves from step to step; whoever reports asks for a snapshot when it wants one.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        Mutex, MutexGuard, PoisonError,
    },
    time::Instant,
};

use serde::Serialize;

use crate::error::ProverError;

/// Part of a job, named in progress events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Set-up of keys, native check and metered execution.
    Execute,
    /// Proof of one segment.
    Segment,
    /// Aggregation of segment proofs.
    Aggregate,
    /// Last aggregation, which makes the proof small.
    Wrap,
    /// The hiding final layer.
    Final,
}

/// A moment of a job.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Snapshot {
    /// Current stage.
    pub stage: Stage,
    /// Share of the expected work that is done, 0 to 100.
    pub percent: f64,
    /// Expected remaining time.
    pub eta_seconds: u64,
}

/// One unit of work that is not interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Stage it belongs to.
    pub stage: Stage,
    /// Duration on the reference machine (2 cores).
    pub expected_seconds: f64,
}

/// Shared between the job and its reporters.
#[derive(Debug)]
pub struct Progress {
    cancelled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    steps: Vec<Step>,
    current: usize,
    current_since: Instant,
    done_expected_seconds: f64,
    done_actual_seconds: f64,
}

/// What a job of one segment takes on the reference machine, keys included: the plan until the real one is known.
const USUAL_STEPS: [(Stage, f64); 4] =
    [(Stage::Execute, 35.0), (Stage::Segment, 50.0), (Stage::Aggregate, 155.0), (Stage::Wrap, 20.0)];

impl Default for Progress {
    fn default() -> Self {
        let state = State {
            steps: USUAL_STEPS.map(|(stage, expected_seconds)| Step { stage, expected_seconds }).to_vec(),
            current: 0,
            current_since: Instant::now(),
            done_expected_seconds: 0.0,
            done_actual_seconds: 0.0,
        };
        Self { cancelled: AtomicBool::new(false), state: Mutex::new(state) }
    }
}

impl Progress {
    /// Replaces the plan: what was done so far counts as one step, the first of `steps` begins now.
    pub fn plan(&self, steps: Vec<Step>) {
        let mut state = self.lock();
        let so_far = state.current_since.elapsed().as_secs_f64();
        state.steps = vec![Step { stage: Stage::Execute, expected_seconds: so_far }];
        state.steps.extend(steps);
        state.current = 1;
        state.current_since = Instant::now();
    }

    /// Marks the current step done and begins the next one. Fails if the job was cancelled meanwhile.
    pub fn step_done(&self) -> Result<(), ProverError> {
        self.check()?;
        let mut state = self.lock();
        if let Some(step) = state.steps.get(state.current).copied() {
            state.done_expected_seconds += step.expected_seconds;
            state.done_actual_seconds += state.current_since.elapsed().as_secs_f64();
        }
        state.current += 1;
        state.current_since = Instant::now();
        Ok(())
    }

    /// Skips a step whose result was found on disk: it says nothing about the speed of the machine.
    pub fn step_skipped(&self) -> Result<(), ProverError> {
        self.check()?;
        let mut state = self.lock();
        state.current += 1;
        state.current_since = Instant::now();
        Ok(())
    }

    /// Asks the job to stop at the end of its current step.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// Fails if the job was asked to stop.
    pub fn check(&self) -> Result<(), ProverError> {
        match self.cancelled.load(Ordering::SeqCst) {
            true => Err(ProverError::Cancelled),
            false => Ok(()),
        }
    }

    /// Where the job is now. Within a step time stands for work, up to 95 % of the step.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        let pace = match state.done_expected_seconds > 0.0 {
            true => state.done_actual_seconds / state.done_expected_seconds,
            false => 1.0,
        };
        let total: f64 = state.steps.iter().map(|s| s.expected_seconds * pace).sum();
        let done: f64 = state.steps.iter().take(state.current).map(|s| s.expected_seconds * pace).sum();
        let current = state.steps.get(state.current).or(state.steps.last());
        let within = match state.steps.get(state.current) {
            Some(step) => {
                state.current_since.elapsed().as_secs_f64().min(0.95 * step.expected_seconds * pace)
            }
            None => 0.0,
        };
        let share = if total > 0.0 { (done + within) / total } else { 0.0 };
        Snapshot {
            stage: current.map_or(Stage::Execute, |step| step.stage),
            percent: (share * 1000.0).round() / 10.0,
            eta_seconds: (total - done - within).max(0.0).ceil() as u64,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
