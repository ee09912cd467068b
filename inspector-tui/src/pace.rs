//! When the screen is drawn again: at once after what the user did, seldom for what happens while nobody touches anything.

use std::time::{Duration, Instant};

/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(16);
/// The same while the user does nothing: news wait for each other, ten pictures a second at most.
const IDLE: Duration = Duration::from_millis(100);
/// How long after the user did something its answers are drawn without waiting.
const ANSWERS: Duration = Duration::from_secs(1);

/// When the next picture is due. Without a change there is none.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    due: Option<Instant>,
    drawn: Option<Instant>,
    touched: Option<Instant>,
}

impl Pace {
    /// The screen would show something else now. `touched`: by what the user did.
    pub(crate) fn changed(&mut self, touched: bool, now: Instant) {
        if touched {
            self.touched = Some(now);
        }
        let busy = self
            .touched
            .is_some_and(|then| now.duration_since(then) < ANSWERS);
        let apart = if busy { FRAME } else { IDLE };
        let due = self.drawn.map_or(now, |drawn| now.max(drawn + apart));
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// When to draw; none: nothing changed.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// It is drawn.
    pub(crate) fn drawn(&mut self, now: Instant) {
        self.due = None;
        self.drawn = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws when it is due, as the loop does, while something changes every millisecond, until `end`. Returns when it drew,
    /// in milliseconds.
    fn pictures(pace: &mut Pace, begun: Instant, times: std::ops::Range<u64>) -> Vec<u64> {
        let mut pictures = Vec::new();
        for ms in times {
            let now = begun + Duration::from_millis(ms);
            pace.changed(false, now);
            if pace.due().is_some_and(|due| due <= now) {
                pace.drawn(now);
                pictures.push(ms);
            }
        }
        pictures
    }

    #[test]
    fn news_are_drawn_ten_times_a_second_while_nobody_touches_anything() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let drawn = pictures(&mut pace, begun, 0..10_000);
        assert_eq!(drawn, (0..100).map(|n| n * 100).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_is_drawn_at_once_and_so_are_its_answers() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        assert_eq!(pictures(&mut pace, begun, 0..40), [0]);
        assert_eq!(pace.due(), Some(at(100)), "news wait");
        pace.changed(true, at(40));
        assert_eq!(pace.due(), Some(at(40)), "a key does not");
        pace.drawn(at(40));
        let drawn = pictures(&mut pace, begun, 41..1_040);
        assert_eq!(drawn[..3], [56, 72, 88]);
        assert_eq!(drawn.len(), 62, "sixty a second, for a second");
        assert_eq!(
            pictures(&mut pace, begun, 1_040..1_300),
            [1_048, 1_148, 1_248],
            "then ten again"
        );
    }

    #[test]
    fn keys_that_come_faster_than_pictures_are_drawn_together() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.changed(true, now);
        pace.drawn(now);
        for ms in 1..10 {
            pace.changed(true, now + Duration::from_millis(ms));
            assert_eq!(pace.due(), Some(now + FRAME));
        }
    }

    #[test]
    fn without_a_change_nothing_is_drawn() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.due(), None);
        pace.changed(true, now);
        pace.drawn(now);
        assert_eq!(pace.due(), None);
    }
}
