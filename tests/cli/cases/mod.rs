//! Faults that users reported, one file per case, named after it. Each test states the right behaviour.

mod interrupted_run_says_done;
mod refused_resume_deletes;
mod small_words_resume;
