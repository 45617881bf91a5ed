//! How a session is kept: as JSON with few digits and lists of records turned into columns, deflated. What deflates
//! here is the PNG codec that the lab has anyway, so the file is a picture whose pixels are the bytes of the JSON.

use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::{ExtendedColorType, ImageDecoder, ImageEncoder};
use serde_json::{Map, Number, Value};

/// Key of the number of rows of a list that was turned into columns.
const ROWS: &str = "#";
/// Pixels in a row of the picture.
const WIDTH: usize = 2048;
/// Digits of numbers.
const DIGITS: usize = 4;
/// What is kept to the last bit: the worlds between the kept ones are played from them.
const EXACT: &str = "action";

/// Writes a value, and gives the number of bytes that it takes.
pub fn write(path: &Path, value: Value) -> usize {
    let mut bytes = serde_json::to_vec(&packed(value, false)).unwrap();
    let rows = (bytes.len() / WIDTH) + 1;
    bytes.resize(rows * WIDTH, b' ');
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::NoFilter);
    let [width, height] = [WIDTH, rows].map(|side| u32::try_from(side).unwrap());
    encoder.write_image(&bytes, width, height, ExtendedColorType::L8).unwrap();
    std::fs::write(path, &file).unwrap();
    file.len()
}

/// Reads what [`write`] wrote.
pub fn read(bytes: &[u8]) -> Value {
    let decoder = PngDecoder::new(std::io::Cursor::new(bytes)).unwrap();
    let mut json = vec![0; usize::try_from(decoder.total_bytes()).unwrap()];
    decoder.read_image(&mut json).unwrap();
    unpacked(serde_json::from_slice(&json).unwrap())
}

fn packed(value: Value, exact: bool) -> Value {
    match value {
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            Value::Number(number.as_f64().and_then(|number| rounded(number, exact)).unwrap())
        }
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let exact = exact || name == EXACT;
                (name, packed(value, exact))
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => columns(list, exact),
        other => other,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "they were f32")]
fn rounded(number: f64, exact: bool) -> Option<Number> {
    let text = if exact { format!("{}", number as f32) } else { format!("{number:.*e}", DIGITS - 1) };
    Number::from_f64(text.parse().ok()?)
}

/// A list of records with the same fields as an object of lists.
fn columns(list: Vec<Value>, exact: bool) -> Value {
    let first: Option<Vec<String>> = list.first().and_then(Value::as_object).map(|one| one.keys().cloned().collect());
    let alike = |value: &Value| {
        value.as_object().is_some_and(|one| first.as_ref().is_some_and(|names| one.keys().eq(names.iter())))
    };
    if list.len() < 2 || !list.iter().all(alike) {
        return Value::Array(list.into_iter().map(|value| packed(value, exact)).collect());
    }
    let mut table = Map::from_iter([(ROWS.to_owned(), list.len().into())]);
    for name in first.unwrap_or_default() {
        let column = list.iter().map(|one| one[&name].clone()).collect();
        let exact = exact || name == EXACT;
        table.insert(name, columns(column, exact));
    }
    Value::Object(table)
}

fn unpacked(value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            let rows = fields.remove(ROWS).and_then(|rows| rows.as_u64());
            let fields = fields.into_iter().map(|(name, value)| (name, unpacked(value)));
            let Some(rows) = rows else { return Value::Object(fields.collect()) };
            let mut list = vec![Map::new(); usize::try_from(rows).unwrap()];
            for (name, column) in fields {
                let Value::Array(column) = column else { panic!("{name} is no column") };
                for (one, value) in list.iter_mut().zip(column) {
                    one.insert(name.clone(), value);
                }
            }
            list.into_iter().map(Value::Object).collect()
        }
        Value::Array(list) => list.into_iter().map(unpacked).collect(),
        other => other,
    }
}

#[test]
fn what_is_written_is_read_again_with_few_digits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("value.png");
    let value = serde_json::json!({
        "list": [{"a": 1, "action": [0.123_456_79], "x": [0.123_456_79]}, {"a": 2, "action": [], "x": [1e-9, 3.0]}],
        "mixed": [{"a": 1}, {"b": 2}, "text", null],
    });
    write(&file, value);
    let expected = serde_json::json!({
        "list": [{"a": 1, "action": [0.123_456_79], "x": [0.1235]}, {"a": 2, "action": [], "x": [1e-9, 3.0]}],
        "mixed": [{"a": 1}, {"b": 2}, "text", null],
    });
    assert_eq!(read(&std::fs::read(&file).unwrap()), expected);
}
