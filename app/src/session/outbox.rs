//! What the engine has to tell and the lab has not taken yet.

use crate::session::message::Update;

/// Decisions kept for a lab that does not look: a window that is hidden draws no frames.
const WAITING_DECISIONS: usize = 4_000;
/// Analyses kept so.
const WAITING_ANALYSES: usize = 4;

/// Adds `newer` to what waits. Nothing is lost but old decisions and analyses where too many wait.
pub fn merge(waiting: &mut Update, newer: Update) {
    if newer.opened {
        // What was told of the run before no longer counts, what people should read does.
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
    use crate::session::message::{Level, Notice};
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
