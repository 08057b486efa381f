// SPDX-License-Identifier: GPL-2.0-or-later

//! The time a caller has for an answer, and work that must end within it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// The time from the arrival of a request to its answer, 1 to 5000 ms.
///
/// The header and the body may both give one: the smaller counts. A missing budget, or one above 5000 ms, counts as
/// 5000 ms, which is also the service's own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(Duration);

impl Budget {
    /// What a budget may be, in the words of an error message.
    pub const ALLOWED: &str = "a whole number of milliseconds from 1; above 5000 counts as 5000";

    /// A budget of at least 1 ms, capped, else nothing.
    #[must_use]
    pub fn from_millis(millis: u64) -> Option<Self> {
        (millis > 0).then(|| Self(Duration::from_millis(millis).min(CAP)))
    }

    /// The moment at which the budget of a request that came at `arrival` is spent.
    #[must_use]
    pub fn deadline(self, arrival: Instant) -> Instant {
        arrival + self.0
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self(CAP)
    }
}

const CAP: Duration = Duration::from_secs(5);

/// How a piece of work ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// In time.
    Ready(T),
    /// Not before the deadline.
    Late,
    /// By a panic.
    Failed,
}

/// Runs `work` until it is ready or the deadline has come; a panic in it is caught.
pub async fn within<T, W>(deadline: Instant, work: W) -> Outcome<T>
where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let mut task = tokio::spawn(work);
    match timeout_at(deadline, &mut task).await {
        Ok(Ok(value)) => Outcome::Ready(value),
        Ok(Err(_)) => Outcome::Failed,
        Err(_) => {
            task.abort();
            Outcome::Late
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    #[test]
    fn a_budget_is_capped_and_never_zero() {
        assert_eq!(Budget::from_millis(0), None);
        assert_eq!(
            Budget::from_millis(1),
            Some(Budget(Duration::from_millis(1)))
        );
        assert_eq!(Budget::from_millis(5000), Some(Budget::default()));
        assert_eq!(Budget::from_millis(u64::MAX), Some(Budget::default()));
    }

    #[tokio::test]
    async fn work_is_ready_late_or_failed() {
        assert_eq!(within(after(5000), async { 7 }).await, Outcome::Ready(7));
        assert_eq!(
            within(after(20), std::future::pending::<()>()).await,
            Outcome::Late
        );
        let panics =
            async { assert!(std::env::args().count() == usize::MAX, "a panic on purpose") };
        assert_eq!(within(after(5000), panics).await, Outcome::Failed);
    }
}
