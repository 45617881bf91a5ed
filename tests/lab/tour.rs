//! Claims about the guided tour and the Compare tab: operated through their labels, with sessions that answer.

mod compare;
mod engine;
mod runs;
mod walk;
