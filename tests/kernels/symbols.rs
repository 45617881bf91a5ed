//! Symbols of a compiled library, native or wasm.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};

/// The last compiled library of core in a `deps` folder that has kernels in it; `None` if there is none.
pub fn newest_library(deps: &Path) -> Option<PathBuf> {
    let mut libraries: Vec<_> = fs::read_dir(deps)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("libbootstride_core-") && name.ends_with(".rlib")
        })
        .collect();
    libraries.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    libraries.into_iter().rev().find(|path| functions(path).iter().any(|name| name.contains("compute3cpu")))
}

/// What should be an instruction and is a function: multiply-adds of the C library, and vector instructions of
/// [`std::arch`] or `pulp` that were not inlined.
pub fn calls(library: &Path) -> Vec<String> {
    let instruction = |name: &str| {
        let intrinsic = ["_mm_", "_mm256_", "_mm512_", "f32x4_", "i32x4_", "vfmaq", "vmulq", "vaddq"];
        ["fmaf", "fma"].contains(&name)
            || name.contains("mul_add_e_f32s")
            || (name.contains("core_arch") && intrinsic.iter().any(|part| name.contains(part)))
    };
    functions(library).into_iter().filter(|name| instruction(name)).collect()
}

/// Names of all symbols that the objects of a library define or ask for.
fn functions(library: &Path) -> BTreeSet<String> {
    let data = fs::read(library).unwrap();
    let archive = ArchiveFile::parse(&*data).unwrap();
    let mut names = BTreeSet::new();
    for member in archive.members() {
        // The metadata of Rust is a member too, and no object.
        let Ok(file) = object::File::parse(member.unwrap().data(&*data).unwrap()) else { continue };
        names.extend(file.symbols().filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
    }
    names
}
