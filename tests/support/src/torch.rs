//! Writes checkpoints as `torch.save` does, because the tests have no PyTorch.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use bootstride_core::import::import_official;
use bootstride_core::math::half::to_half;

/// Element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    F32,
    F16,
    BF16,
    F64,
    I64,
    Bool,
}

impl Kind {
    fn storage(self) -> &'static str {
        match self {
            Self::F32 => "FloatStorage",
            Self::F16 => "HalfStorage",
            Self::BF16 => "BFloat16Storage",
            Self::F64 => "DoubleStorage",
            Self::I64 => "LongStorage",
            Self::Bool => "BoolStorage",
        }
    }

    fn bytes(self, numbers: &[f64]) -> Vec<u8> {
        #[allow(clippy::cast_possible_truncation, reason = "single precision, and whole numbers")]
        let one = |number: &f64| match self {
            Self::F32 => (*number as f32).to_le_bytes().to_vec(),
            Self::F16 => to_half(*number as f32).to_le_bytes().to_vec(),
            Self::BF16 => (*number as f32).to_le_bytes()[2..].to_vec(),
            Self::F64 => number.to_le_bytes().to_vec(),
            Self::I64 => (*number as i64).to_le_bytes().to_vec(),
            Self::Bool => vec![u8::from(*number != 0.0)],
        };
        numbers.iter().flat_map(one).collect()
    }
}

/// A view of numbers that other tensors may view too.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub kind: Kind,
    pub shape: Vec<usize>,
    pub stride: Vec<usize>,
    pub offset: usize,
    pub numbers: Rc<Vec<f64>>,
}

impl Tensor {
    /// Numbers in row-major order.
    pub fn new(kind: Kind, shape: &[usize], numbers: Vec<f64>) -> Self {
        let stride = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect();
        Self { kind, shape: shape.to_vec(), stride, offset: 0, numbers: Rc::new(numbers) }
    }

    /// One number.
    pub fn scalar(kind: Kind, number: f64) -> Self {
        Self::new(kind, &[], vec![number])
    }

    /// The same with one number replaced.
    pub fn with(&self, at: usize, number: f64) -> Self {
        let mut numbers = self.numbers.to_vec();
        numbers[at] = number;
        Self { numbers: Rc::new(numbers), ..self.clone() }
    }

    /// The same matrices, stored column by column.
    pub fn column_by_column(&self) -> Self {
        let [.., rows, columns] = self.shape[..] else { return self.clone() };
        let turn = |matrix: &[f64]| -> Vec<f64> {
            (0..columns)
                .flat_map(|column| (0..rows).map(move |row| (row, column)))
                .map(|(row, column)| matrix[row * columns + column])
                .collect()
        };
        let mut stride = self.stride.clone();
        let axes = stride.len();
        (stride[axes - 2], stride[axes - 1]) = (1, rows);
        Self { stride, numbers: Rc::new(self.numbers.chunks(rows * columns).flat_map(turn).collect()), ..self.clone() }
    }
}

/// What a checkpoint holds.
#[derive(Clone, Debug)]
pub enum Value {
    Dict(Vec<(String, Value)>),
    List(Vec<Value>),
    Tensor(Tensor),
    /// Operations of a pickle that leave one object.
    Pickled(&'static [u8]),
}

/// A dictionary of these tensors.
pub fn tensors(tensors: impl IntoIterator<Item = (String, Tensor)>) -> Value {
    Value::Dict(tensors.into_iter().map(|(name, tensor)| (name, Value::Tensor(tensor))).collect())
}

/// A dictionary of these values.
pub fn dict<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Dict(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A file of the test data.
pub fn data(name: &str) -> PathBuf {
    crate::repository("tests/data").join(name)
}

/// The tensors of an official checkpoint that an agent is made of, and the limits of its policy.
pub fn official(file: &Path, [log_std_min, log_std_dif]: [f64; 2]) -> Vec<(String, Tensor)> {
    let imported = import_official(file).unwrap();
    let parameters = imported.mapping.iter().map(|mapped| {
        let tensor = imported.tensors.iter().find(|tensor| tensor.name == mapped.ours).unwrap();
        let [members, rows, columns] = tensor.shape;
        let numbers: Vec<f64> = tensor.data.iter().copied().map(f64::from).collect();
        // Ours are [in, out].
        let ensemble = mapped.official.contains("Qs").then_some(members);
        let is_weight = mapped.ours.ends_with("weight") && !mapped.ours.ends_with("norm.weight");
        let stored = Tensor::new(Kind::F32, &[members, rows, columns], numbers).column_by_column();
        let one = if is_weight { vec![columns, rows] } else { vec![columns] };
        let shape: Vec<usize> = ensemble.into_iter().chain(one).collect();
        (mapped.official.clone(), Tensor::new(Kind::F32, &shape, stored.numbers.to_vec()))
    });
    let limits = [("log_std_min", log_std_min), ("log_std_dif", log_std_dif)];
    let limits = limits.map(|(name, limit)| (name.to_owned(), Tensor::scalar(Kind::I64, limit)));
    limits.into_iter().chain(parameters).collect()
}

/// A BMPC agent for 5 observations and 1 action, whose tensors have equal numbers in `one_action.pt`.
pub fn one_action() -> Vec<(String, Tensor)> {
    official(&data("import/one_action.pt"), [-3.0, 4.0])
}

/// The archive of `torch.save(value)`.
pub fn save(value: &Value) -> Vec<u8> {
    let mut storages = Vec::new();
    let pickle = pickled(value, &mut storages, false);
    let mut entries = vec![("archive/data.pkl".to_owned(), pickle), ("archive/byteorder".into(), b"little".into())];
    for (index, (kind, numbers)) in storages.iter().enumerate() {
        entries.push((format!("archive/data/{index}"), kind.bytes(numbers)));
    }
    entries.push(("archive/version".into(), b"3\n".into()));
    archive(&entries)
}

/// The file of `torch.save(value, _use_new_zipfile_serialization=False)`, as PyTorch before 1.6 wrote all.
pub fn save_legacy(value: &Value) -> Vec<u8> {
    let mut storages = Vec::new();
    let pickle = pickled(value, &mut storages, true);
    let mut out = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.".to_vec();
    out.extend(b"\x80\x02}(");
    text(&mut out, "little_endian");
    out.extend(b"\x88u.");
    out.extend(pickle);
    out.extend(b"\x80\x02](");
    (0..storages.len()).for_each(|index| text(&mut out, &index.to_string()));
    out.extend(b"e.");
    for (kind, numbers) in &storages {
        out.extend((numbers.len() as u64).to_le_bytes());
        out.extend(kind.bytes(numbers));
    }
    out
}

type Storages = Vec<(Kind, Rc<Vec<f64>>)>;

fn pickled(value: &Value, storages: &mut Storages, legacy: bool) -> Vec<u8> {
    let mut out = b"\x80\x02".to_vec();
    put(&mut out, value, storages, legacy);
    out.push(b'.');
    out
}

fn put(out: &mut Vec<u8>, value: &Value, storages: &mut Storages, legacy: bool) {
    match value {
        Value::Dict(entries) => {
            out.extend(b"}(");
            for (key, value) in entries {
                text(out, key);
                put(out, value, storages, legacy);
            }
            out.push(b'u');
        }
        Value::List(items) => {
            out.extend(b"](");
            for item in items {
                put(out, item, storages, legacy);
            }
            out.push(b'e');
        }
        Value::Pickled(operations) => out.extend(*operations),
        Value::Tensor(tensor) => put_tensor(out, tensor, storages, legacy),
    }
}

fn put_tensor(out: &mut Vec<u8>, tensor: &Tensor, storages: &mut Storages, legacy: bool) {
    let same = |(_, numbers): &(Kind, Rc<Vec<f64>>)| Rc::ptr_eq(numbers, &tensor.numbers);
    let index = storages.iter().position(same).unwrap_or_else(|| {
        storages.push((tensor.kind, Rc::clone(&tensor.numbers)));
        storages.len() - 1
    });
    out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
    text(out, "storage");
    out.extend(format!("ctorch\n{}\n", tensor.kind.storage()).bytes());
    text(out, &index.to_string());
    text(out, "cpu");
    whole(out, tensor.numbers.len());
    out.extend(if legacy { &b"NtQ"[..] } else { b"tQ" });
    whole(out, tensor.offset);
    for sizes in [&tensor.shape, &tensor.stride] {
        out.push(b'(');
        for size in sizes {
            whole(out, *size);
        }
        out.push(b't');
    }
    out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    out.extend(text.bytes());
}

fn whole(out: &mut Vec<u8>, number: usize) {
    out.push(b'J');
    out.extend(i32::try_from(number).unwrap().to_le_bytes());
}

/// A zip archive of these entries, stored as they are.
pub fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let at = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let zeros = [0; 14];
        // Version, flags, method, time and date; checksum, both sizes, length of the name and of nothing more.
        let common =
            [&[20, 0][..], &zeros[..8], &crc32(bytes).to_le_bytes(), &size, &size, &name_length, &[0, 0]].concat();
        out.extend([b"PK\x03\x04", &common[..], name.as_bytes(), bytes].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &zeros[..10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let [at, size] = [out.len(), directory.len()].map(|length| u32::try_from(length).unwrap().to_le_bytes());
    [out, directory, [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0, 0]].concat()].concat()
}

/// The checksum of zip archives.
pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
