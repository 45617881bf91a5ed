//! Claims about the guided tour and the Compare tab: walked and operated through their labels, with engines that answer.

mod compare;
mod engine;
mod runs;
mod walk;
