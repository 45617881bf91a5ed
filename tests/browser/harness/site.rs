//! The page, built once for all tests, and served.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bootstride_web::bundle::{Built, Effort, Options, build};
use bootstride_web::serve::{Reply, Server};

/// A module with nothing in it.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page").join(name)
}

/// The page with an empty module in place of the lab: for what is before and around it. Without a [`serve`] hook that
/// gives other bindings it does not start.
pub fn shell() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = folder("shell");
        // What another run left would hide what this one does not write.
        let _none = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let wasm = folder.with_extension("wasm");
        fs::write(&wasm, EMPTY).unwrap();
        build(&Options { folder, wasm: Some(wasm), effort: Effort::Most }).unwrap()
    })
}

/// The whole page, as it is published. Compiling it takes many minutes the first time; `BOOTSTRIDE_WASM` names a
/// compiled module to take instead.
pub fn lab() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = folder("lab");
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        build(&Options { folder, wasm: None, effort: Effort::Most }).unwrap()
    })
}

/// Serves a page at a free port; `hook` is asked about every path first, and may wait.
pub fn serve(page: &Built, hook: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::with_hook(&page.folder, Some(0), Arc::new(hook)).unwrap()
}
