//! Files opened by the user, and downloads for the user.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bootstride_core::text::decode;
use bootstride_core::vfs::memory;
use bootstride_session::archive::{pack, unpack};
use bootstride_session::message::Level;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, Event, HtmlAnchorElement, HtmlInputElement, Url};

use super::shared_files::SharedFiles;
use crate::browser::{bytes, in_words};

/// A recognized file, to be opened by the lab.
#[derive(Debug)]
pub enum Taken {
    /// A run, unpacked into this folder.
    Run(PathBuf),
    /// A body file: its name and text.
    Body(String, String),
}

/// Files that have not been passed to the lab yet.
pub type Inbox = Rc<RefCell<Vec<Taken>>>;

/// Reads a file and reports any error to the user.
pub fn take(shared_files: &SharedFiles, inbox: &Inbox, name: &str, bytes: &[u8]) {
    let is_body = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let taken = if is_body {
        decode(bytes).map(|text| Taken::Body(name.into(), text.into())).map_err(|error| error.to_string())
    } else {
        let unpacked = unpack(bytes, Path::new("runs")).map_err(|error| error.to_string());
        shared_files.take(memory::changes(), None);
        unpacked.map(Taken::Run)
    };
    match taken {
        Ok(taken) => inbox.borrow_mut().push(taken),
        Err(error) => shared_files.tell(Level::Bad, format!("{name} cannot be opened: {error}.")),
    }
    shared_files.wake();
}

/// Shows a file dialog.
pub fn choose(shared_files: &Rc<SharedFiles>, inbox: &Inbox) {
    let chosen = choose_in(shared_files.clone(), inbox.clone());
    if let Err(error) = chosen {
        shared_files.tell(Level::Bad, format!("The browser cannot show a file dialog: {}", in_words(&error)));
    }
}

fn choose_in(shared_files: Rc<SharedFiles>, inbox: Inbox) -> Result<(), JsValue> {
    let document = web_sys::window().and_then(|window| window.document()).ok_or("there is no page")?;
    let input: HtmlInputElement = document.create_element("input")?.dyn_into()?;
    input.set_type("file");
    input.set_multiple(true);
    input.set_id("bootstride-files");
    input.set_accept(".tar,.tgz,.gz,.json,application/x-tar,application/gzip,application/json");
    input.style().set_property("display", "none")?;
    // Some browsers, and scripts that operate the page, need it to be part of the page.
    if let Some(before) = document.get_element_by_id("bootstride-files") {
        before.remove();
    }
    document.body().ok_or("there is no page")?.append_child(&input)?;
    let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let files = input.files();
        let (shared_files, inbox) = (shared_files.clone(), inbox.clone());
        spawn_local(async move {
            for index in 0..files.as_ref().map_or(0, web_sys::FileList::length) {
                let Some(file) = files.as_ref().and_then(|files| files.item(index)) else { continue };
                match JsFuture::from(file.array_buffer()).await {
                    Ok(buffer) => take(&shared_files, &inbox, &file.name(), &bytes(&buffer)),
                    Err(error) => {
                        shared_files.tell(Level::Bad, format!("{} cannot be read: {}", file.name(), in_words(&error)));
                    }
                }
            }
            input.remove();
        });
    });
    input.set_onchange(Some(listener.into_js_value().unchecked_ref()));
    input.click();
    Ok(())
}

/// Downloads the run in `folder` as one file.
pub fn save_run(shared_files: &SharedFiles, folder: &str) {
    let name = Path::new(folder).file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy());
    let task = Path::new(folder).parent().and_then(Path::file_name).map(|task| task.to_string_lossy());
    let file = task.map_or_else(|| format!("{name}.tar"), |task| format!("{task}-{name}.tar"));
    let saved = pack(Path::new(folder)).map_err(|error| error.to_string());
    match saved.and_then(|bytes| offer(&file, &bytes).map_err(|error| in_words(&error))) {
        Ok(()) => shared_files.tell(
            Level::Good,
            format!("{file} is saved to your downloads. You can open it here or in the desktop lab."),
        ),
        Err(error) => shared_files.tell(Level::Bad, format!("{folder} cannot be saved to a file: {error}.")),
    }
}

/// Downloads the files that the lab wrote itself, which are exports.
pub fn offer_exports(shared_files: &SharedFiles) {
    for (path, bytes) in memory::changes() {
        let Some(bytes) = bytes else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Err(error) = offer(&name, &bytes) {
            shared_files.tell(Level::Bad, format!("{name} cannot be saved: {}", in_words(&error)));
        }
        // It is in the user's downloads now.
        let _ = memory::put((path.clone(), None));
    }
}

/// Starts a download of these bytes.
fn offer(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let document = web_sys::window().and_then(|window| window.document()).ok_or("there is no page")?;
    let kind = BlobPropertyBag::new();
    kind.set_type("application/octet-stream");
    let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(bytes)), &kind)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    anchor.set_href(&address);
    anchor.set_download(name);
    anchor.click();
    // After the download has certainly started.
    let revoke = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&address);
    });
    crate::browser::after(60.0, revoke.unchecked_ref());
    Ok(())
}
