//! Official checkpoints (`.pt`): the archive, the pickle in it, and the older forms.

use bootstride_core::import::import_official;

use crate::harness::{INPUTS, Loader, as_it_is, survives};

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const WORDS: &[&[u8]] = &[
    b"\x80\x02",
    b"}",
    b"]",
    b")",
    b"(",
    b"0",
    b"2",
    b"h\0",
    b"q\0",
    b".",
    b"K\0",
    b"J\xff\xff\xff\xff",
    b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch\nFloatStorage\n",
    b"X\xff\xff\xff\x7f",
    b"B\xff\xff\xff\x7f",
    b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"R",
    b"Q",
    b"t",
    b"u",
    b"s",
    b"b",
    b"model",
    b"_encoder.state.0.weight",
];

/// What the reader of pickles allows itself: copies of a million values, for those that name one another over and over.
const READER: usize = 160 << 20;

/// An entry of a zip file: its name and its bytes.
type Entry = (Vec<u8>, Vec<u8>);

fn word(bytes: &[u8], at: usize, width: usize) -> usize {
    bytes[at..at + width].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// The entries of a zip file without compression, as its directory lists them.
fn entries(file: &[u8]) -> Vec<Entry> {
    let end = file.windows(4).rposition(|four| four == b"PK\x05\x06").unwrap();
    let (count, mut at) = (word(file, end + 10, 2), word(file, end + 16, 4));
    (0..count)
        .map(|_| {
            let (size, local) = (word(file, at + 20, 4), word(file, at + 42, 4));
            let name = word(file, at + 28, 2);
            let start = local + 30 + word(file, local + 26, 2) + word(file, local + 28, 2);
            let entry = (file[at + 46..at + 46 + name].to_vec(), file[start..start + size].to_vec());
            at += 46 + name + word(file, at + 30, 2) + word(file, at + 32, 2);
            entry
        })
        .collect()
}

/// A zip file of these entries, without checksums, which readers take as none.
fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let half = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
        let whole = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
        let sizes = [whole(bytes.len()), whole(bytes.len())].concat();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0; 4], &sizes, &half(name.len()), &[0, 0]].concat();
        directory.extend([&b"PK\x01\x02\x14\0"[..], &common, &[0; 10], &whole(file.len()), name].concat());
        file.extend([&b"PK\x03\x04"[..], &common, name, bytes].concat());
    }
    let (count, start, length) = (entries.len(), file.len(), directory.len());
    let count = u16::try_from(count).unwrap().to_le_bytes();
    let numbers = [start, length].map(|number| u32::try_from(number).unwrap().to_le_bytes());
    [&file[..], &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &numbers[1], &numbers[0], &[0, 0]].concat()
}

/// Imports what is in this file.
fn import(place: &tempfile::NamedTempFile, bytes: &[u8]) {
    std::fs::write(place.path(), bytes).unwrap();
    match import_official(place.path()) {
        Ok(imported) => assert!(!imported.tensors.is_empty()),
        Err(error) => drop(error.to_string()),
    }
}

#[test]
fn whole_files() {
    let place = tempfile::NamedTempFile::new().unwrap();
    survives(Loader {
        name: "torch-file",
        seeds: vec![data("torch/bmpc_official.pt"), data("import/one_action.pt")],
        corpus: vec![],
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 8 << 20,
        load: &mut |input| import(&place, input),
    });
}

/// The pickle of a file is the input, with everything else as it was.
#[test]
fn pickles() {
    let files = ["torch/bmpc_official.pt", "torch/tdmpc2_official.pt", "torch/tdmpc2_official_old_layout.pt"].map(data);
    let files = files.map(|file| entries(&file));
    let at = |entries: &[Entry]| entries.iter().position(|(name, _)| name.ends_with(b"/data.pkl")).unwrap();
    let pickles: Vec<_> = files.iter().map(|entries| entries[at(entries)].1.clone()).collect();
    let place = tempfile::NamedTempFile::new().unwrap();
    let mut first = files[0].clone();
    let slot = at(&first);
    import_official({
        std::fs::write(place.path(), zip(&first)).unwrap();
        place.path()
    })
    .unwrap();
    survives(Loader {
        name: "torch-pickle",
        seeds: pickles,
        corpus: vec![],
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: READER,
        load: &mut |input| {
            first[slot].1 = input.to_vec();
            import(&place, &zip(&first));
        },
    });
}

#[test]
fn older_forms() {
    let pickle = |value: &[u8]| [b"\x80\x02", value, b"."].concat();
    let legacy = [
        pickle(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"),
        pickle(b"M\xe9\x03"),
        pickle(b"}q\0X\x0d\0\0\0little_endianq\x01\x88s"),
        pickle(b"}X\x01\0\0\0aK\x01s"),
        pickle(b"]"),
    ]
    .concat();
    let storage = pickle(
        b"}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQK\0K\x02K\x02\x86K\x02K\x01\x86\x89}tRs",
    );
    let nested = [&b"\x80\x02"[..], &b"]".repeat(100_000), &b"a".repeat(99_999), b"."].concat();
    // Ten doublings of a long text by way of the memo.
    let bomb = [&b"\x80\x02(U\xff"[..], &[b'a'; 255], b"q\0", &b"(h\0h\0h\0h\0tq\0".repeat(12), b"."].concat();
    let place = tempfile::NamedTempFile::new().unwrap();
    survives(Loader {
        name: "torch-older",
        seeds: vec![legacy, storage.clone(), pickle(b"}X\x01\0\0\0aK\x01s")],
        corpus: vec![nested, bomb, storage],
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: READER,
        load: &mut |input| import(&place, input),
    });
}
