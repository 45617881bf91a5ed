//! Archives of runs.

use std::path::Path;
use std::time::SystemTime;

use bootstride_core::config::Config;
use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::train::{Event, Parts};
use bootstride_session::archive::{pack, unpack};

use crate::harness::{INPUTS, Loader, survives};

/// A run of made-up bytes.
pub fn run(path: &Path) {
    let config = Config::default();
    let manifest = Manifest::new(&config, "tiny", "cpu", SystemTime::UNIX_EPOCH, ["bootstride".into()]);
    let mut folder = RunFolder::create(path, &config, &manifest).unwrap().with_clock(|| SystemTime::UNIX_EPOCH);
    folder.record(&Event::Warning { message: "made up".into() }).unwrap();
    let evaluation = |env_step| bootstride_core::train::Evaluation { env_step, planner: vec![1.5], network: vec![] };
    folder.record(&Event::Evaluation(evaluation(4))).unwrap();
    folder.record(&Event::Evaluation(evaluation(8))).unwrap();
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", vec![7; 700]);
    parts.insert("replay.bin", (0..=255).collect());
    folder.save(8, parts).unwrap();
}

/// Sums of all headers set right, as far as one follows the other.
fn mend(bytes: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(header) = bytes.get_mut(at..at + 512) {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let size = header[124..136].iter().filter(|byte| (b'0'..=b'7').contains(byte));
        let size = size.fold(0_usize, |size, digit| size.wrapping_mul(8).wrapping_add(usize::from(digit - b'0')));
        if header.iter().all(|byte| *byte == 0) || size > 1 << 20 {
            return;
        }
        at += 512 + size.next_multiple_of(512);
        // The end has no header, and no sum.
        if bytes.get(at..at + 512).is_some_and(|block| block.iter().all(|byte| *byte == 0)) {
            return;
        }
    }
}

#[test]
fn archives() {
    let place = tempfile::tempdir().unwrap();
    run(&place.path().join("made-up"));
    let seed = pack(&place.path().join("made-up")).unwrap();
    let into = place.path().join("runs");
    let long = |kind: u8| {
        // A long name whose length is a lie.
        let mut bytes = seed.clone();
        bytes[156] = kind;
        bytes[124..136].copy_from_slice(b"77777777777\0");
        mend(&mut bytes);
        bytes
    };
    survives(Loader {
        name: "archive",
        corpus: vec![long(b'L'), long(b'x'), long(b'g'), long(b'S'), long(b'0')],
        seeds: vec![seed.clone()],
        words: &[
            b"made-up/a/b/c",
            b"made-up/manifest.json/x",
            b"../x",
            b"C:\\x",
            b"77777777777\0",
            b"\x80\0\0\0\0\0\0\0\xff\xff\xff\xff",
            b"ustar\x0000",
            b"ustar  \0",
            b"PK\x03\x04",
            b"\x1f\x8b\x08\0",
            b"L",
            b"K",
            b"x",
            b"g",
            b"S",
            b"27 path=made-up/x\n",
            b"30 size=18446744073709551615\n",
        ],
        mend,
        inputs: INPUTS,
        room: 16 << 20,
        load: &mut |input| {
            let unpacked = unpack(input, &into).map_err(|error| error.to_string());
            if into.exists() {
                let left = std::fs::read_dir(&into).unwrap().count();
                assert_eq!(left, usize::from(unpacked.is_ok()), "{unpacked:?}");
                std::fs::remove_dir_all(&into).unwrap();
            }
        },
    });
}
