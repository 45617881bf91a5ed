//! Messages between a page and its worker.

use bootstride_core::config::Config;
use bootstride_core::inspect::{AnalysisOptions, Decision, PlanAnalysis};
use bootstride_core::train::Event;
use bootstride_session::message::{Agent, Command, Level, Notice, Status, WhatIfCase};
use bootstride_session::wire::{CustomBody, File, FromSession, ToSession, decode, encode};
use bootstride_session::{History, Update};

use crate::harness::{INPUTS, Loader, as_it_is, survives};
use crate::sample;

const WORDS: &[&[u8]] = &[
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\0",
    b"\x91",
    b"\x81",
    b"\xc0",
    b"\xca\x7f\xc0\0\0",
    b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    b"BSW\x01",
    b"BSW\x02",
    b"\x9f",
    b"\x8f",
    b"\xd9\xff",
];

fn analysis(decision: u32) -> PlanAnalysis {
    sample::analysis(decision, &Config::default().planner, 1, 3.0)
}

fn a_decision() -> Decision {
    sample::decision(1, 0, 1, 0.5, &mut 1.0)
}

fn to_engine() -> Vec<Vec<u8>> {
    let mut config = Config::default();
    config.task.body = Some("{}".into());
    let case = WhatIfCase { label: "more".into(), planner: config.planner.clone() };
    let commands = [
        Command::Train { config: Box::new(config.clone()), preset: "tiny".into(), folder: Some("runs/x".into()) },
        Command::Resume { folder: "runs/x".into(), steps: Some(7) },
        Command::Watch { agent: Agent::Folder("agents/x".into()), seed: 3, planner: true },
        Command::SetPlanner(Box::new(config.planner)),
        Command::Subscribe { options: Some(AnalysisOptions::default()), every_seconds: 0.5 },
        Command::Inspect { decision: Box::new(a_decision()), options: AnalysisOptions::default() },
        Command::WhatIf { decision: Box::new(a_decision()), cases: vec![case] },
        Command::SetPace(Some(2.0)),
        Command::Run,
    ];
    let file = File { path: "runs/a".into(), bytes: Some(vec![0, 200, 255].into()) };
    let others = [ToSession::Files(vec![file]), ToSession::Taken, ToSession::Ping];
    commands.into_iter().map(ToSession::command).chain(others).map(|message| encode(&message).unwrap()).collect()
}

fn from_engine() -> Vec<Vec<u8>> {
    let case = WhatIfCase { label: "more".into(), planner: Config::default().planner };
    let update = Update {
        opened: true,
        status: Status { env_step: 7, config: Some(Box::default()), ..Status::default() },
        decisions: vec![a_decision()],
        events: vec![
            Event::Update { env_step: 7, update: 3, metrics: vec![("loss".into(), f32::INFINITY)] },
            Event::Finished { env_step: 8 },
        ],
        notices: vec![Notice { level: Level::Bad, text: "x".into() }],
        outcomes: vec![(1, sample::outcomes(1, &[case]))],
        ..Update::default()
    };
    let taken_apart = Update { analyses: vec![analysis(1)], inspected: vec![analysis(2)], ..Update::default() };
    let file = File { path: "runs/a".into(), bytes: None };
    let updates = [update, taken_apart].map(FromSession::update);
    let others = [FromSession::Alive, FromSession::Files(vec![file]), FromSession::Broke("x".into())];
    updates.into_iter().chain(others).map(|message| encode(&message).unwrap()).collect()
}

/// Nesting where something is passed over, and where something is wanted.
fn nested() -> Vec<Vec<u8>> {
    let deep = |bytes: &[u8]| [b"BSW\x01", bytes.repeat(100_000).as_slice()].concat();
    vec![deep(b"\x91"), deep(b"\x81\xa1x"), deep(b"\x81\xa7Command\x81\xa1x"), deep(b"\xdd\xff\xff\xff\xff")]
}

#[test]
fn messages_to_the_worker() {
    survives(Loader {
        name: "to-engine",
        seeds: to_engine(),
        corpus: nested(),
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 4 << 20,
        load: &mut |input| match decode::<ToSession>(input) {
            Ok(message) => {
                encode(&message).unwrap();
                let _ = message.into_command();
            }
            Err(error) => drop(error.to_string()),
        },
    });
}

#[test]
fn messages_from_the_worker() {
    survives(Loader {
        name: "from-engine",
        seeds: from_engine(),
        corpus: nested(),
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 4 << 20,
        load: &mut |input| match decode::<FromSession>(input) {
            Ok(message) => {
                encode(&message).unwrap();
                if let FromSession::Update { mut update, body } = message {
                    CustomBody::default().complete(&mut update, body);
                    History::default().take(*update);
                }
            }
            Err(error) => drop(error.to_string()),
        },
    });
}
