//! Deep links of the page: the query of an address, as anybody may write it.

use bootstride_lab::deep_link::{ADDRESS_KEYS, DeepLink};

use crate::harness::{INPUTS, Loader, as_it_is, survives};

fn queries() -> Vec<Vec<u8>> {
    let queries = [
        "?agent=walker-walk&seed=3&play=0&tab=decision",
        "?task=pendulum-swingup&tab=train&theme=light",
        "tab=tour&step=4&embed=1&panes=world,iterations,value",
        "?pane=value&embed",
        "?agent=%E2%82%AC&seed=18446744073709551615",
    ];
    queries.map(|query| query.as_bytes().to_vec()).to_vec()
}

#[test]
fn links_to_the_page() {
    let keys: Vec<&[u8]> = ADDRESS_KEYS.iter().map(|key| key.as_bytes()).collect();
    let words =
        [&keys[..], &[b"&", b"=", b"?", b",", b"%00", b"%ff", b"%", b"+", b"18446744073709551616", b"-1"]].concat();
    survives(Loader {
        name: "link",
        seeds: queries(),
        corpus: vec![
            b"&".repeat(100_000),
            b"p&".repeat(100_000),
            b"tab=x&".repeat(20_000),
            [&b"panes="[..], &b"world,".repeat(50_000)].concat(),
            [&b"agent="[..], &b"%".repeat(200_000)].concat(),
        ],
        words: &words,
        mend: as_it_is,
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| {
            let (deep_link, notices) = DeepLink::parse(&String::from_utf8_lossy(input));
            drop(notices);
            // What was understood can be written, and is understood again.
            let (again, notices) = DeepLink::parse(&deep_link.to_query());
            assert_eq!(again, deep_link);
            assert!(notices.is_empty(), "{notices:?}");
        },
    });
}
