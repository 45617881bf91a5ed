//! Addresses of pages.

use bootstride::lab::Situation;

use crate::harness::{INPUTS, Loader, as_it_is, survives};

#[test]
fn links() {
    let seeds = [
        "?agent=walker-walk&tab=decision&pane=iterations&play=1&seed=7",
        "task=cheetah-run&tab=setup&theme=dark&step=3",
        "embed&panes=world,iterations,timeline&theme=light",
        "task=%C3%A4%F0%9F%8E%AD&seed=18446744073709551616&x=y",
    ];
    survives(Loader {
        name: "link",
        seeds: seeds.map(|seed| seed.as_bytes().to_vec()).to_vec(),
        corpus: vec![b"&a".repeat(100_000), b"panes=".to_vec(), [&b"panes="[..], &b",x".repeat(100_000)].concat()],
        words: &[
            b"agent=", b"task=", b"panes=", b"step=0", b"step=", b"%", b"%f", b"+", b"%80", b"&&", b"world,", b"embed",
        ],
        mend: as_it_is,
        inputs: INPUTS,
        room: 2 << 20,
        load: &mut |input| {
            let (situation, notices) = Situation::parse(&String::from_utf8_lossy(input));
            drop(notices);
            let (again, notices) = Situation::parse(&situation.to_query());
            assert_eq!((again, notices), (situation, vec![]), "a link leads where it was made");
        },
    });
}
