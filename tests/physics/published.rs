//! The tables of errors in this folder's README equal what the tests measure.

use std::path::PathBuf;

use crate::reference::given;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/physics/README.md");
/// Tests run side by side, and both tables are in one file.
static FILE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Prints a table and compares it with the README's of that name; with `BOOTSTRIDE_WRITE_TABLES` set, puts it there.
pub fn publish(name: &str, table: &str) {
    println!("{table}");
    if given().is_some() {
        // Another reference has other figures.
        return;
    }
    let _one = FILE.lock().unwrap();
    let path = PathBuf::from(README);
    let readme = std::fs::read_to_string(&path).unwrap();
    let [begin, end] = [format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->")];
    let (before, rest) = readme.split_once(&begin).unwrap();
    let (published, after) = rest.split_once(&end).unwrap();
    if std::env::var_os("BOOTSTRIDE_WRITE_TABLES").is_some() {
        std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(published, table, "the README's table of {name} is of other dynamics; it says how to renew it");
    }
}
