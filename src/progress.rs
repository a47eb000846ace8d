//! Progress of long work: a bar on a terminal, silence elsewhere; and the one place where work may be cancelled.
//!
//! Stages receive a [`Progress`] and announce what they do; only `cli` decides what is shown. Cancelling (Ctrl-C) sets
//! a flag that the next stage boundary or tick turns into [`Cancelled`], so that nothing is left half done.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The user asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Where long work reports to.
#[derive(Clone, Default)]
pub struct Progress {
    visible: bool,
    cancelled: Arc<AtomicBool>,
    pause_before: Option<String>,
    current: Arc<Mutex<String>>,
    listener: Option<Listener>,
}

/// Is told the name of every stage as it begins.
pub type Listener = Arc<dyn Fn(&str) + Send + Sync>;

/// One stage under way; its line disappears when dropped.
#[derive(Debug)]
pub struct Stage {
    bar: ProgressBar,
    cancelled: Arc<AtomicBool>,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Progress({})", self.current())
    }
}

impl Progress {
    /// Nothing is shown and nothing cancels.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// Bars on stderr when `visible`.
    #[must_use]
    pub fn new(visible: bool) -> Self {
        Self { visible, ..Self::default() }
    }

    /// For tests of crash safety: stop for ever just before the stage of that name begins.
    #[must_use]
    pub fn pausing_before(mut self, stage: Option<String>) -> Self {
        self.pause_before = stage;
        self
    }

    /// Tells a listener of every stage that begins.
    #[must_use]
    pub fn heard_by(mut self, listener: Listener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// The flag that cancels; given to the signal handler.
    #[must_use]
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }

    /// The stage that began last; empty before the first.
    #[must_use]
    pub fn current(&self) -> String {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a stage. `total` is the number of steps, where it is known.
    ///
    /// # Errors
    /// [`Cancelled`] if the user has asked to stop.
    pub fn stage(&self, name: &str, total: Option<u64>) -> Result<Stage, Cancelled> {
        name.clone_into(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(listener) = &self.listener {
            listener(name);
        }
        while self.pause_before.as_deref() == Some(name) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let stage = Stage { bar: self.bar(name, total), cancelled: Arc::clone(&self.cancelled) };
        stage.advance(0)?;
        Ok(stage)
    }

    fn bar(&self, name: &str, total: Option<u64>) -> ProgressBar {
        if !self.visible {
            return ProgressBar::hidden();
        }
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let template =
            if total.is_some() { "{spinner} {msg} {bar:30} {percent}%" } else { "{spinner} {msg} {elapsed}" };
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

impl Stage {
    /// Reports `steps` more steps done.
    ///
    /// # Errors
    /// [`Cancelled`] if the user has asked to stop.
    pub fn advance(&self, steps: u64) -> Result<(), Cancelled> {
        self.bar.inc(steps);
        if self.cancelled.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
