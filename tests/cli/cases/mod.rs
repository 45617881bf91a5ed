//! Faults that users reported, one file per case, named after it. Each test states the right behaviour.

mod interrupted_run_says_done;
mod refused_resume_deletes;
mod small_words_resume;
#[cfg(target_os = "linux")]
mod argument_not_unicode;
#[cfg(target_os = "linux")]
mod headless_noise;
#[cfg(unix)]
mod printed_commands_unquoted;
mod same_default_folder;
mod silence;
mod small_words;
#[cfg(target_os = "linux")]
mod too_large_aborts;
mod body_inertia_impossible;
mod body_name_terminal;
mod byte_order_mark;
mod run_archives_as_people_pack_them;
mod torch_checkpoint_variants;
