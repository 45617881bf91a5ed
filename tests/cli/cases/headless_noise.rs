//! A server without a desktop session: no message that looks like an error without being one.

use crate::tool::{Done, bootstride, copy_of_reference};

#[test]
fn headless_noise_listing_devices_prints_no_error() {
    let folder = copy_of_reference();
    let eval = ["eval", "run", "--episodes", "1", "--policy", "network", "--device", "auto"];
    for arguments in [&["doctor"][..], &eval[..]] {
        for session in [None, Some(""), Some("not/absolute")] {
            let mut command = bootstride(folder.path(), arguments);
            for variable in ["XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "NODEVICE_SELECT"] {
                command.env_remove(variable);
            }
            command.envs(session.map(|folder| ("XDG_RUNTIME_DIR", folder)));
            let done = Done::from(command.output().unwrap()).with_code(0);
            assert!(!done.err.to_lowercase().contains("error"), "{session:?} {arguments:?}: {}", done.err);
            assert!(!done.err.contains("XDG_RUNTIME_DIR"), "{session:?} {arguments:?}: {}", done.err);
        }
    }
}
