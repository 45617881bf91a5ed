//! Files in the browser's storage (`IndexedDB`), by their paths.

use std::rc::Rc;

use bootstride_core::vfs::memory::Change;
use idb::{DatabaseEvent as _, Factory, KeyPath, ObjectStoreParams, Query, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::browser::bytes;

/// Name and version of the database. A new version of the layout gets a new number and migrates existing data.
const NAME: &str = "bootstride";
const VERSION: u32 = 1;
const FILES: &str = "files";

/// The open database.
pub type Database = Rc<idb::Database>;

/// Opens the storage and reads all files; if there is none, as in private windows, returns the reason.
pub async fn open() -> (Option<(Database, Vec<Change>)>, Option<String>) {
    let found = match connect().await {
        Ok(database) => read(&database).await.map(|files| (Rc::new(database), files)),
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => (Some(found), None),
        Err(error) => {
            let text =
                format!("This browser does not store data for this page ({error}): runs are lost when you close it.");
            (None, Some(text))
        }
    }
}

async fn connect() -> Result<idb::Database, idb::Error> {
    let mut request = Factory::new()?.open(NAME, Some(VERSION))?;
    request.on_upgrade_needed(|event| {
        let made = event.database().and_then(|database| {
            let mut params = ObjectStoreParams::new();
            params.key_path(None::<KeyPath>);
            database.create_object_store(FILES, params)
        });
        if let Err(error) = made {
            web_sys::console::error_1(&error.to_string().into());
        }
    });
    request.await
}

async fn read(database: &idb::Database) -> Result<Vec<Change>, idb::Error> {
    let transaction = database.transaction(&[FILES], TransactionMode::ReadOnly)?;
    let store = transaction.object_store(FILES)?;
    let names = store.get_all_keys(None::<Query>, None)?.await?;
    let values = store.get_all(None::<Query>, None)?.await?;
    let pairs = names.into_iter().zip(values);
    Ok(pairs.filter_map(|(name, value)| Some((name.as_string()?.into(), Some(bytes(&value))))).collect())
}

/// Stores these changes atomically.
pub async fn store(database: &idb::Database, changes: Vec<Change>) -> Result<(), String> {
    let words = |error: idb::Error| error.to_string();
    let transaction = database.transaction(&[FILES], TransactionMode::ReadWrite).map_err(words)?;
    let store = transaction.object_store(FILES).map_err(words)?;
    for (path, bytes) in changes {
        let name = JsValue::from_str(&path.to_string_lossy());
        // Awaiting each request would let the transaction end between two.
        match bytes {
            Some(bytes) => drop(store.put(&Uint8Array::from(&bytes[..]), Some(&name)).map_err(words)?),
            None => drop(store.delete(Query::Key(name)).map_err(words)?),
        }
    }
    let result = transaction.commit().map_err(words)?.await.map_err(words)?;
    if result.is_committed() { Ok(()) } else { Err("the browser aborted the transaction".into()) }
}
