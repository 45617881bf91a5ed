//! Reports of the session that the lab has not received yet.

use crate::message::Update;

/// Maximum number of waiting decisions: a hidden window draws no frames and receives nothing.
const WAITING_DECISIONS: usize = 4_000;
/// Maximum number of waiting analyses.
const WAITING_ANALYSES: usize = 4;

/// Merges `newer` into the waiting update. Only old decisions and analyses beyond the limits are dropped.
pub fn merge(waiting: &mut Update, newer: Update) {
    if newer.opened {
        // Reports of the previous run are obsolete, but its notices are kept.
        let notices = std::mem::take(&mut waiting.notices);
        *waiting = Update { notices, ..Update::default() };
    }
    let Update { status, opened, decisions, events, analyses, inspected, outcomes, notices } = newer;
    waiting.status = status;
    waiting.opened |= opened;
    waiting.decisions.extend(decisions);
    waiting.events.extend(events);
    waiting.analyses.extend(analyses);
    waiting.inspected.extend(inspected);
    waiting.outcomes.extend(outcomes);
    waiting.notices.extend(notices);
    keep_newest(&mut waiting.decisions, WAITING_DECISIONS);
    keep_newest(&mut waiting.analyses, WAITING_ANALYSES);
}

fn keep_newest<T>(list: &mut Vec<T>, count: usize) {
    list.drain(..list.len().saturating_sub(count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Level, Notice};
    use bootstride_core::train::Event;

    fn event(env_step: usize) -> Update {
        Update { events: vec![Event::Finished { env_step }], ..Update::default() }
    }

    #[test]
    fn events_wait_in_order_and_a_new_run_clears_all_but_notices() {
        let mut waiting = Update::default();
        merge(&mut waiting, event(1));
        merge(&mut waiting, event(2));
        assert_eq!(waiting.events, [Event::Finished { env_step: 1 }, Event::Finished { env_step: 2 }]);
        waiting.notices.push(Notice { level: Level::Bad, text: "read me".into() });
        merge(&mut waiting, Update { opened: true, ..event(3) });
        assert!(waiting.opened && waiting.notices.len() == 1);
        assert_eq!(waiting.events, [Event::Finished { env_step: 3 }]);
    }
}
