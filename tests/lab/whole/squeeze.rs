//! Compresses the snapshots: the harness writes them quickly, not tightly.

use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbaImage};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/snapshots");
/// No picture takes more, bytes.
const EACH: u64 = 300_000;
/// Nor all of them.
const ALL: u64 = 6_200_000;

fn pictures() -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let made = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // The harness leaves those next to a picture that differs.
        path.extension().is_some_and(|extension| extension == "png")
            && ![".new.png", ".diff.png", ".old.png"].iter().any(|end| name.ends_with(end))
    };
    entries.filter(|path| made(path)).collect()
}

/// The smallest of several ways to write the same pixels.
fn squeezed(image: &RgbaImage) -> Vec<u8> {
    let opaque = image.pixels().all(|pixel| pixel.0[3] == 255);
    let rgb: Vec<u8> = image.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect();
    let (bytes, colour) =
        if opaque { (&rgb[..], ExtendedColorType::Rgb8) } else { (&image.as_raw()[..], ExtendedColorType::Rgba8) };
    let filters = [FilterType::NoFilter, FilterType::Sub, FilterType::Up, FilterType::Paeth, FilterType::Adaptive];
    let ways = filters.map(|filter| {
        let mut file = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Best, filter);
        encoder.write_image(bytes, image.width(), image.height(), colour).unwrap();
        file
    });
    ways.into_iter().min_by_key(Vec::len).unwrap()
}

#[test]
#[ignore = "writes all pictures of the tests again, as small as they can be with the same pixels"]
fn squeeze() {
    for path in pictures() {
        let before = std::fs::read(&path).unwrap();
        let file = squeezed(&image::load_from_memory(&before).unwrap().to_rgba8());
        if file.len() < before.len() {
            std::fs::write(&path, file).unwrap();
        }
    }
}

#[test]
fn pictures_are_small() {
    let sizes = pictures().into_iter().map(|path| (std::fs::metadata(&path).unwrap().len(), path));
    let sizes: Vec<_> = sizes.collect();
    for (bytes, path) in &sizes {
        assert!(*bytes <= EACH, "{} takes {bytes} bytes: squeeze it", path.display());
    }
    let all: u64 = sizes.iter().map(|(bytes, _)| bytes).sum();
    assert!(all <= ALL, "all pictures take {all} bytes");
}
