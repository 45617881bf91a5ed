//! Faults that users reported, one file per case, named after it. Each test states the correct behaviour.

#[cfg(target_os = "linux")]
mod argument_not_unicode;
mod body_inertia_impossible;
mod body_name_terminal;
mod byte_order_mark;
#[cfg(target_os = "linux")]
mod headless_noise;
mod interrupted_run_says_done;
#[cfg(unix)]
mod printed_commands_unquoted;
mod refused_resume_deletes;
mod run_archives_as_people_pack_them;
mod same_default_folder;
mod silence;
mod small_words;
mod small_words_resume;
#[cfg(target_os = "linux")]
mod too_large_aborts;
mod torch_checkpoint_variants;
