//! Official checkpoints are imported value by value; damaged or foreign ones are refused.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

mod variants;

use std::path::PathBuf;

use bootstride_core::import::{ImportError, Imported, import_official};
use bootstride_core::math::tensors::f32s;
use bootstride_core::model::{PolicyKind, ValueLearning};
use bootstride_core::planner::Guide;
use bootstride_tests::repository;
use bootstride_tests::torch::crc32;
use proptest::prelude::*;
use safetensors::SafeTensors;

const BMPC: &str = "bmpc_official.pt";
const TDMPC2: &str = "tdmpc2_official.pt";
const TDMPC2_OLD: &str = "tdmpc2_official_old_layout.pt";

fn data(name: &str) -> PathBuf {
    repository("tests/data/torch").join(name)
}

fn import_bytes(bytes: &[u8]) -> Result<Imported, ImportError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    import_official(file.path())
}

/// Every imported number against the reference vectors, which hold the same parameters under their official names.
fn assert_equals_reference(imported: &Imported, agent: &str) {
    let bytes = std::fs::read(data("reference.safetensors")).unwrap();
    let reference = SafeTensors::deserialize(&bytes).unwrap();
    for mapped in &imported.mapping {
        let [network, layer, part] = modern(&mapped.official);
        let expected = reference.tensor(&format!("{agent}.after.{network}.{layer}.{part}")).unwrap();
        let tensor = imported.tensors.iter().find(|tensor| tensor.name == mapped.ours).unwrap();
        let [members, rows, columns] = tensor.shape;
        assert_eq!(tensor.shape, mapped.shape);
        let expected = f32s(expected.data());
        assert_eq!(expected.len(), members * rows * columns, "{}", mapped.ours);
        for member in 0..members {
            for row in 0..rows {
                for column in 0..columns {
                    let ours = tensor.data[(member * rows + row) * columns + column];
                    // PyTorch keeps weights as [out, in].
                    let theirs = expected[(member * columns + column) * rows + row];
                    assert_eq!(ours.to_bits(), theirs.to_bits(), "{} [{member}, {row}, {column}]", mapped.ours);
                }
            }
        }
    }
}

/// Network, layer and part of an official name, the older layout's numbers resolved.
fn modern(official: &str) -> [String; 3] {
    let parts = ["weight", "bias", "ln.weight", "ln.bias"];
    for (old, new) in [("_Qs.params.", "_Qs.params"), ("_target_Qs.params.", "_target_Qs_params")] {
        if let Some(number) = official.strip_prefix(old).and_then(|number| number.parse::<usize>().ok()) {
            return [new.into(), (number / 4).to_string(), parts[number % 4].into()];
        }
    }
    let at = official.find(|letter: char| letter.is_ascii_digit()).unwrap();
    [official[..at - 1].into(), official[at..=at].into(), official[at + 2..].into()]
}

#[test]
fn a_bmpc_checkpoint_becomes_a_bmpc_agent_with_equal_numbers() {
    let agent = import_official(data(BMPC)).unwrap();
    assert_equals_reference(&agent, "bmpc");
    assert_eq!((agent.observation_size, agent.action_size), (5, 2));
    assert_eq!((agent.model.encoder_dim, agent.model.mlp_dim, agent.model.latent_dim), (24, 40, 32));
    assert_eq!((agent.model.bins, agent.model.encoder_layers, agent.model.simnorm_dim), (101, 2, 8));
    assert_eq!((agent.algorithm.name.as_str(), agent.algorithm.value_members), ("bmpc", 2));
    assert_eq!(agent.algorithm.value_learning, ValueLearning::VOnPolicy);
    let shape = |name: &str| agent.tensors.iter().find(|tensor| tensor.name == name).map(|tensor| tensor.shape);
    assert_eq!(shape("encoder.0.weight"), Some([1, 5, 24]));
    assert_eq!(shape("dynamics.0.weight"), Some([1, 34, 40]));
    assert_eq!(shape("dynamics.2.norm.bias"), Some([1, 1, 32]));
    assert_eq!(shape("policy_imitation.2.weight"), Some([1, 40, 4]));
    assert_eq!(shape("value.0.weight"), Some([2, 32, 40]));
    assert_eq!(shape("target_value.2.bias"), Some([2, 1, 101]));
    assert_eq!((shape("reward.2.norm.weight"), shape("policy_max_q.0.weight")), (None, None));
    assert!(
        agent.ignored.contains(&"_detach_Qs_params.0.weight".into()) && agent.ignored.contains(&"log_std_min".into())
    );
}

#[test]
fn a_tdmpc2_checkpoint_becomes_the_same_agent_from_either_layout() {
    let agent = import_official(data(TDMPC2)).unwrap();
    assert_equals_reference(&agent, "tdmpc2");
    assert_eq!((agent.algorithm.name.as_str(), agent.algorithm.value_members), ("tdmpc2", 5));
    assert_eq!((agent.algorithm.guide, agent.algorithm.target_policy), (Guide::MaxQ, PolicyKind::MaxQ));
    let value = agent.tensors.iter().find(|tensor| tensor.name == "value.0.weight").unwrap();
    assert_eq!(value.shape, [5, 34, 40]);

    let old = import_official(data(TDMPC2_OLD)).unwrap();
    assert_equals_reference(&old, "tdmpc2");
    assert_eq!((&old.tensors, &old.algorithm, &old.model), (&agent.tensors, &agent.algorithm, &agent.model));
    assert_eq!(old.ignored, Vec::<String>::new());
    assert!(old.mapping.iter().any(|mapped| mapped.official == "_Qs.params.9" && mapped.ours == "value.2.bias"));
}

/// A checkpoint with `from` replaced by `to` in its pickle, and the archive's checksum of the pickle set right.
fn edited(name: &str, edits: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut file = std::fs::read(data(name)).unwrap();
    let length = |at: usize| usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
    let start = 30 + length(26) + length(28);
    let next = |signature: &[u8]| file[start..].windows(4).position(|four| four == signature);
    let end = start + next(b"PK\x07\x08").into_iter().chain(next(b"PK\x03\x04")).min().unwrap();
    let before = crc32(&file[start..end]).to_le_bytes();
    for (from, to) in edits {
        assert_eq!(from.len(), to.len());
        let places: Vec<usize> = (start..end - from.len()).filter(|at| file[*at..].starts_with(from)).collect();
        assert!(!places.is_empty());
        for at in places {
            file[at..at + to.len()].copy_from_slice(to);
        }
    }
    let after = crc32(&file[start..end]).to_le_bytes();
    for at in (0..file.len() - 4).rev() {
        if file[at..].starts_with(&before) {
            file[at..at + 4].copy_from_slice(&after);
        }
    }
    file
}

#[test]
fn wrong_and_missing_tensors_are_listed_all_together() {
    // (24, 5), the shape of the encoder's first weights, the other way round; parameters under other names.
    let file = edited(
        BMPC,
        &[
            (b"K\x18K\x05\x86", b"K\x05K\x18\x86"),
            (b"_pi.2.bias", b"_pi.2.bios"),
            (b"_dynamics.1.ln", b"_dynamics.7.ln"),
        ],
    );
    let error = import_bytes(&file).unwrap_err();
    let ImportError::Shapes { mismatches, .. } = &error else { panic!("{error}") };
    let names: Vec<&str> = mismatches.iter().map(|mismatch| mismatch.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "_encoder.state.0.weight",
            "_dynamics.1.ln.weight",
            "_dynamics.1.ln.bias",
            "_pi.2.bias",
            "_dynamics.7.ln.bias",
            "_dynamics.7.ln.weight",
            "_pi.2.bios",
        ],
        "{error}"
    );
    let message = error.to_string();
    assert!(message.contains("_encoder.state.0.weight: found [5, 24] F32, expected [24, 24] F32"), "{message}");
    assert!(message.contains("_dynamics.1.ln.bias: found nothing, expected [40] F32"), "{message}");
}

#[test]
fn agents_of_several_tasks_and_foreign_files_are_told() {
    let several = import_bytes(&edited(BMPC, &[(b"expl_log_std_min", b"_task_emb.weight")])).unwrap_err().to_string();
    assert!(several.contains("multi-task agent (_task_emb.weight), which is not supported"), "{several}");
    for foreign in [&b"not a checkpoint"[..], b"", b"PK\x05\x06", b"\x80\x02}q\0."] {
        let message = import_bytes(foreign).unwrap_err().to_string();
        assert!(message.contains("PyTorch checkpoint") || message.contains("not an official"), "{message}");
    }
    let missing = import_official("no/such/file.pt").unwrap_err().to_string();
    assert!(missing.contains("no/such/file.pt"), "{missing}");
}

#[test]
fn damaged_data_is_told_with_the_tensor() {
    let mut file = std::fs::read(data(BMPC)).unwrap();
    let weights = import_official(data(BMPC)).unwrap();
    let needle = weights.tensors.iter().find(|tensor| tensor.name == "reward.0.bias").unwrap().data[3].to_le_bytes();
    let at = file.windows(4).position(|four| four == needle).unwrap();
    file[at] ^= 1;
    let error = import_bytes(&file).unwrap_err();
    assert!(matches!(error, ImportError::Data { .. }), "{error}");
    assert!(error.to_string().contains("_reward.0.bias"), "{error}");
}

proptest! {
    #![proptest_config(bootstride_tests::property::cases(200))]

    #[test]
    fn a_truncated_or_altered_file_gives_an_error_or_an_agent_but_no_panic(
        // The pickle is in the first 8 kB and the archive's directory in the last; that is where damage gets far.
        at in prop_oneof![0_usize..8000, 190_000_usize..201_000, 0_usize..201_000],
        bytes in proptest::collection::vec(any::<u8>(), 1..9),
        cut in prop_oneof![Just(usize::MAX), 0_usize..201_000],
    ) {
        let mut file = std::fs::read(data(BMPC)).unwrap();
        file[at..at + bytes.len()].copy_from_slice(&bytes);
        file.truncate(cut);
        let _ = import_bytes(&file);
    }

    #[test]
    fn an_altered_pickle_with_a_right_checksum_gives_an_error_or_an_agent_but_no_panic(value: u8, from in 0_usize..40) {
        // Sizes in shapes are written as `K` and a byte.
        let from = [b'K', [2, 5, 24, 32, 34, 40, 101, 1, 0][from % 9]];
        let _ = import_bytes(&edited(BMPC, &[(&from, &[b'K', value])]));
    }
}
