//! Checkpoints as people's trainers write them (case `torch-checkpoint-variants`): each is the control, or an error.

use std::path::Path;
use std::rc::Rc;

use bootstride_core::config::Termination;
use bootstride_core::import::{ImportError, Imported, import_official};
use bootstride_core::math::half::{from_half, to_half};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::torch::{Kind, Tensor, Value, archive, data, dict, official, one_action, save, save_legacy, tensors};
use super::{import_bytes, torch};

type Agent = Vec<(String, Tensor)>;
type Rename = Box<dyn Fn(&str) -> String>;
type Convert = fn(f32) -> f32;

fn control() -> Imported {
    import_official(data("import/one_action.pt")).unwrap()
}

fn import(value: &Value) -> Result<Imported, ImportError> {
    import_bytes(&save(value))
}

fn renamed(agent: Agent, name: impl Fn(&str) -> String) -> Value {
    tensors(agent.into_iter().map(|(official, tensor)| (name(&official), tensor)))
}

fn changed(agent: Agent, change: impl Fn(&str, Tensor) -> Option<Tensor>) -> Value {
    tensors(agent.into_iter().filter_map(|(name, tensor)| Some((name.clone(), change(&name, tensor)?))))
}

/// Checks that a checkpoint gives the same agent as the control.
#[track_caller]
fn assert_same(imported: &Imported, control: &Imported) {
    assert_eq!((&imported.model, &imported.algorithm), (&control.model, &control.algorithm));
    assert_eq!((imported.observation_size, imported.action_size), (control.observation_size, control.action_size));
    assert_eq!(imported.mapping, control.mapping);
    assert!(imported.tensors == control.tensors, "the numbers differ");
}

#[track_caller]
fn assert_remark(imported: &Imported, words: &[&str]) {
    let all = |remark: &String| words.iter().all(|word| remark.contains(word));
    assert!(imported.remarks.iter().any(all), "{words:?} in {:?}", imported.remarks);
}

#[track_caller]
fn assert_refused(result: Result<Imported, ImportError>, words: &[&str]) {
    let message = result.unwrap_err().to_string();
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn torch_checkpoint_variants_in_other_widths_are_converted_to_32_bits() {
    let control = control();
    let cases: [(Kind, &str, Convert); 3] = [
        (Kind::F16, "float16", |x| from_half(to_half(x))),
        (Kind::BF16, "bfloat16", |x| f32::from_bits(x.to_bits() & 0xFFFF_0000)),
        (Kind::F64, "float64", |x| x),
    ];
    for (kind, name, convert) in cases {
        let cast =
            |_: &str, tensor: Tensor| Some(if tensor.kind == Kind::F32 { Tensor { kind, ..tensor } } else { tensor });
        let imported = import(&dict([("model", changed(one_action(), cast))])).unwrap();
        let mut expected = control.clone();
        expected.tensors.iter_mut().flat_map(|tensor| &mut tensor.data).for_each(|x| *x = convert(*x));
        assert_same(&imported, &expected);
        assert_remark(&imported, &["60 tensors", name, "32 bits"]);
    }
    let mixed = changed(one_action(), |name, tensor| {
        let kind = if name.starts_with("_Qs") { Kind::F64 } else { tensor.kind };
        Some(Tensor { kind, ..tensor })
    });
    let imported = import(&mixed).unwrap();
    assert_same(&imported, &control);
    assert_remark(&imported, &["10 tensors", "float64"]);
    let limits = changed(one_action(), |name, tensor| {
        Some(if name.starts_with("log") { Tensor { kind: Kind::F16, ..tensor } } else { tensor })
    });
    assert_same(&import(&limits).unwrap(), &control);
}

#[test]
fn torch_checkpoint_variants_lose_prefixes_at_any_level() {
    let control = control();
    let front = |prefix: &'static str| -> Rename { Box::new(move |name| format!("{prefix}{name}")) };
    let cases: Vec<(&[&str], Rename)> = vec![
        (&["_orig_mod."], front("_orig_mod.")),
        (&["module."], front("module.")),
        (&["module.", "_orig_mod."], front("module._orig_mod.")),
        (&["module.", "_orig_mod."], front("_orig_mod.module.")),
        (&["agent.model.", "module."], front("module.agent.module.model.")),
        (&["_orig_mod."], Box::new(|name| name.replacen('.', "._orig_mod.", 1))),
        (&["module."], Box::new(|name| name.replace("_dynamics.0.", "_dynamics.0.module."))),
        (&["module."], Box::new(|name| name.replace("_Qs.params", "_Qs.module.params"))),
    ];
    for (named, name) in cases {
        for wrapper in [None, Some("model"), Some("state_dict")] {
            let agent = renamed(one_action(), &name);
            let imported = import(&wrapper.map_or(agent.clone(), |key| dict([(key, agent.clone())]))).unwrap();
            assert_same(&imported, &control);
            assert_remark(&imported, &[&["removed from"], named].concat());
        }
    }
}

#[test]
fn torch_checkpoint_variants_stand_behind_keys_beside_other_things() {
    let control = control();
    let agent = || tensors(one_action());
    let bare = import(&agent()).unwrap();
    assert_same(&bare, &control);
    assert_eq!(bare.remarks, Vec::<String>::new());

    let moments = || tensors([("exp_avg".into(), Tensor::new(Kind::F32, &[2], vec![0.0, f64::NAN]))]);
    // A numpy scalar, a device, a count and a name.
    let scalar = b"cnumpy.core.multiarray\nscalar\nU\x02f8U\x08\0\0\0\0\0\0\xe0?\x86R";
    let beside = [
        ("optimizer", dict([("state", dict([("0", moments())])), ("param_groups", Value::List(vec![]))])),
        ("named_moments", dict([("_dynamics.0.weight", moments())])),
        ("scale", tensors([("value".into(), Tensor::scalar(Kind::F32, 2.0))])),
        ("flag", Value::Tensor(Tensor::scalar(Kind::Bool, 1.0))),
        ("best_return", Value::Pickled(scalar)),
        ("device", Value::Pickled(b"ctorch\ndevice\nU\x04cuda\x85R")),
        ("epoch", Value::Pickled(b"K\x07")),
        ("class", Value::Pickled(b"N")),
    ];
    for keys in [&["state_dict"][..], &["agent"], &["agent", "model"], &["x", "y", "z"], &["model", "model"]] {
        let nested = keys.iter().rev().fold(agent(), |value, key| dict([(key, value)]));
        let Value::Dict(mut entries) = nested else { unreachable!() };
        entries.extend(beside.clone().map(|(key, value)| (key.to_owned(), value)));
        let imported = import(&Value::Dict(entries)).unwrap();
        assert_same(&imported, &control);
        assert_remark(&imported, &["removed from", &format!("{}.", keys.join("."))]);
        let moment = "optimizer.state.0.exp_avg".to_owned();
        assert!(imported.ignored.contains(&moment), "{:?}", imported.ignored);
    }
    // In a list, and an ordered dictionary.
    assert_same(&import(&dict([("agents", Value::List(vec![agent()]))])).unwrap(), &control);
    let ordered = dict([("model", agent()), ("order", Value::Pickled(b"ccollections\nOrderedDict\n)R"))]);
    assert_same(&import(&ordered).unwrap(), &control);
}

#[test]
fn torch_checkpoint_variants_of_several_agents_are_told_apart_or_refused() {
    let control = control();
    let other =
        || changed(one_action(), |_, tensor| Some(if tensor.shape.is_empty() { tensor } else { tensor.with(0, 0.5) }));
    let imported = import(&dict([("ema", other()), ("model", tensors(one_action()))])).unwrap();
    assert_same(&imported, &control);
    assert_remark(&imported, &["imported from model", "ema"]);
    let twice = import(&dict([("a", tensors(one_action())), ("b", tensors(one_action()))])).unwrap();
    assert_same(&twice, &control);
    let part = changed(one_action(), |name, tensor| name.starts_with("_pi").then_some(tensor));
    assert_same(&import(&dict([("a", part), ("b", tensors(one_action()))])).unwrap(), &control);
    assert_refused(
        import(&dict([("best", other()), ("last", tensors(one_action()))])),
        &["several agents", "best, last"],
    );
    let mut agent = one_action();
    agent.push(("_pi.module.2.bias".into(), Tensor::new(Kind::F32, &[2], vec![0.0; 2])));
    assert_refused(import(&tensors(agent)), &["_pi.2.bias", "_pi.module.2.bias"]);
}

#[test]
fn torch_checkpoint_variants_lack_what_playing_does_not_need() {
    let control = control();
    let without =
        |agent: Agent, prefix: &str| changed(agent, |name, tensor| (!name.starts_with(prefix)).then_some(tensor));
    let imported = import(&without(one_action(), "log_std")).unwrap();
    assert_same(&imported, &control);
    assert_remark(&imported, &["no log_std_min", "states only", "BMPC", "-3"]);
    assert_same(&import(&without(one_action(), "log_std_dif")).unwrap(), &control);

    let q = official(&data("torch/tdmpc2_official.pt"), [-10.0, 12.0]);
    let imported = import(&without(q, "log_std")).unwrap();
    assert_same(&imported, &import_official(data("torch/tdmpc2_official.pt")).unwrap());
    assert_remark(&imported, &["no log_std_min", "states and actions", "TD-MPC2", "-10"]);

    for prefix in ["_target_Qs", "_target_Qs_params.2.bias"] {
        let imported = import(&without(one_action(), prefix)).unwrap();
        assert_remark(&imported, &["no target networks"]);
        let played = control.tensors.iter().filter(|tensor| !tensor.name.starts_with("target_value."));
        assert!(imported.tensors.iter().eq(played));
    }
}

#[test]
fn torch_checkpoint_variants_of_other_policies_are_refused() {
    let limits = |min, dif| tensors(official(&data("import/one_action.pt"), [min, dif]));
    assert_refused(import(&limits(-10.0, 12.0)), &["log_std_min is -10", "-3 in BMPC", "states only"]);
    assert_refused(import(&limits(-5.0, 4.0)), &["log_std_min is -5"]);
    assert_refused(import(&limits(-3.0, 5.0)), &["log_std_dif is 5", "4 in BMPC"]);
    let nan = changed(one_action(), |name, tensor| {
        Some(if name == "log_std_min" { Tensor::scalar(Kind::F32, f64::NAN) } else { tensor })
    });
    assert_refused(import(&nan), &["log_std_min is NaN"]);
}

#[test]
fn torch_checkpoint_variants_that_are_not_finite_are_refused_by_name_and_count() {
    let spoilt = |kind, name: &str, numbers: &[f64]| {
        changed(one_action(), |one, tensor| {
            let kind = if tensor.kind == Kind::F32 { kind } else { tensor.kind };
            let spoilt = numbers.iter().enumerate().filter(|_| one == name);
            Some(spoilt.fold(Tensor { kind, ..tensor }, |tensor, (at, number)| tensor.with(at, *number)))
        })
    };
    for kind in [Kind::F32, Kind::F16, Kind::BF16, Kind::F64] {
        let nan = import(&spoilt(kind, "_dynamics.0.weight", &[f64::NAN]));
        assert_refused(nan, &["_dynamics.0.weight: of 1320 values 1 not finite"]);
        let infinite = import(&spoilt(kind, "_pi.2.bias", &[f64::INFINITY, f64::NEG_INFINITY]));
        assert_refused(infinite, &["_pi.2.bias: of 2 values 2 not finite"]);
    }
    let large = import(&spoilt(Kind::F64, "_Qs.params.2.bias", &[1e39, 1.0, f64::NAN, -1e300]));
    let error = large.unwrap_err();
    let ImportError::NotFinite { tensors, .. } = &error else { panic!("{error}") };
    assert_eq!((tensors.len(), tensors[0].not_finite, tensors[0].too_large), (1, 1, 2));
    let large = import(&spoilt(Kind::F64, "_reward.0.bias", &[1e39]));
    assert_refused(large, &["_reward.0.bias: of 40 values 1 not finite in 32 bits"]);
}

#[test]
fn torch_checkpoint_variants_with_other_layers_are_refused() {
    let with = |name: &str, tensor: Tensor| tensors(one_action().into_iter().chain([(name.to_owned(), tensor)]));
    let layer = || Tensor::new(Kind::F32, &[32, 32], vec![0.0; 1024]);
    for name in ["_dynamics.3.weight", "_pi.2.ln.weight", "_Qs.params.3.weight", "_encoder.state.3.weight"] {
        assert_refused(import(&with(name, layer())), &[&format!("{name}: found [32, 32] F32, expected no such layer")]);
    }
    for name in ["_Qs.module.0.weight", "_Qs.spread", "_dynamics.seed", "_target_Qs_params.7.weight", "_else.0.weight"]
    {
        assert_same(&import(&with(name, layer())).unwrap(), &control());
    }
    for network in ["_encoder.state", "_dynamics", "_reward", "_pi", "_Qs.params"] {
        let lacking = changed(one_action(), |name, tensor| (!name.starts_with(network)).then_some(tensor));
        let message = import(&lacking).unwrap_err().to_string();
        assert!(message.contains(&format!("{network}.*: found nothing")), "{message}");
    }
    let whole = changed(one_action(), |name, tensor| {
        Some(if name == "_pi.0.bias" { Tensor { kind: Kind::I64, ..tensor } } else { tensor })
    });
    assert_refused(import(&whole), &["_pi.0.bias: found [40] I64, expected [40] F32"]);
}

#[test]
fn torch_checkpoint_variants_of_unsupported_agents_are_named() {
    let cases = [
        ("_task_emb.weight", "multi-task"),
        ("_action_masks", "multi-task"),
        ("_encoder.rgb.0.weight", "pixel observations"),
        ("_encoder.proprio.0.weight", "other than states"),
    ];
    for (name, what) in cases {
        let entry = (name.to_owned(), Tensor::new(Kind::F32, &[1], vec![0.0]));
        let agent = renamed(one_action().into_iter().chain([entry]).collect(), |name| format!("module.{name}"));
        assert_refused(import(&dict([("state_dict", agent)])), &[what, name, "not supported"]);
    }
}

#[test]
fn torch_checkpoint_variants_with_a_termination_head_become_agents_that_learned_one() {
    let control = control();
    let (latent, mlp) = (control.model.latent_dim, control.model.mlp_dim);
    let layer = |number: usize, input: usize, output: usize, normed: bool| {
        let tensor = |part: &str, shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            let numbers = (0_u32..).take(count).map(|i| f64::from(i) * 0.125).collect();
            (format!("_termination.{number}.{part}"), Tensor::new(Kind::F32, shape, numbers))
        };
        let norm = normed.then(|| [tensor("ln.weight", &[output]), tensor("ln.bias", &[output])]);
        [tensor("weight", &[output, input]), tensor("bias", &[output])].into_iter().chain(norm.into_iter().flatten())
    };
    let head = layer(0, latent, mlp, true).chain(layer(1, mlp, mlp, true)).chain(layer(2, mlp, 1, false));
    let imported = import(&tensors(one_action().into_iter().chain(head))).unwrap();
    assert_eq!(imported.algorithm.termination, Termination::Learned);
    assert_eq!(control.algorithm.termination, Termination::Bootstrap);
    let (heads, others): (Vec<_>, Vec<_>) =
        imported.tensors.iter().cloned().partition(|tensor| tensor.name.starts_with("termination."));
    assert!(others == control.tensors, "the other networks are the same");
    let shapes: Vec<_> = heads.iter().map(|tensor| (tensor.name.as_str(), tensor.shape)).collect();
    assert_eq!(shapes.len(), 10);
    assert!(shapes.contains(&("termination.0.weight", [1, latent, mlp])), "{shapes:?}");
    assert!(shapes.contains(&("termination.2.weight", [1, mlp, 1])), "{shapes:?}");
    let lacking = layer(0, latent, mlp, true).chain(layer(1, mlp, mlp, true));
    let refused = import(&tensors(one_action().into_iter().chain(lacking)));
    assert_refused(refused, &["_termination.2.weight", "found nothing"]);
}

#[test]
fn torch_checkpoint_variants_of_views_give_the_same_numbers() {
    let control = control();
    let turned = changed(one_action(), |_, tensor| Some(tensor.column_by_column()));
    assert_same(&import(&turned).unwrap(), &control);

    // All in one storage, one after the other.
    let all: Rc<Vec<f64>> = Rc::new(one_action().iter().flat_map(|(_, tensor)| tensor.numbers.to_vec()).collect());
    let mut offset = 0;
    let views = one_action().into_iter().map(|(name, tensor)| {
        let view = Tensor { kind: Kind::F32, numbers: Rc::clone(&all), offset, ..tensor };
        offset += view.shape.iter().product::<usize>();
        (name, view)
    });
    assert_same(&import(&tensors(views)).unwrap(), &control);

    // The target's storage is the value's.
    let agent = one_action();
    let value = |name: &str| {
        let name = name.replace("_target_Qs_params", "_Qs.params");
        agent.iter().find(|(one, _)| *one == name).unwrap().1.clone()
    };
    let imported = import(&tensors(agent.iter().map(|(name, _)| (name.clone(), value(name))))).unwrap();
    let get = |name: &str| imported.tensors.iter().find(|tensor| tensor.name == name).unwrap();
    assert_eq!(get("target_value.1.weight").data, get("value.1.weight").data);

    // A small file that claims gigabytes.
    let vast = changed(one_action(), |name, tensor| {
        let shape: &[usize] = match name {
            "_encoder.state.0.weight" => &[24, 50_000_000],
            "_encoder.state.0.bias" => &[24],
            _ => return Some(tensor),
        };
        Some(Tensor { shape: shape.to_vec(), stride: vec![0; shape.len()], ..tensor })
    });
    assert_refused(import(&vast), &["damaged", "bytes", "claim"]);
}

#[test]
fn torch_checkpoint_variants_of_other_formats_give_the_same_agent() {
    let control = control();
    let value = dict([("model", tensors(one_action()))]);
    let legacy = save_legacy(&value);
    assert_same(&import_bytes(&legacy).unwrap(), &control);
    for cut in [20, 100, 5000, legacy.len() - 100] {
        assert_refused(import_bytes(&legacy[..cut]), &["cannot be read as a PyTorch checkpoint"]);
    }

    let agent = one_action();
    let stored: Vec<(String, Vec<usize>, Vec<u8>)> = agent
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            (format!("module.{name}"), tensor.shape.clone(), bytes)
        })
        .collect();
    let views =
        stored.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F64, shape.clone(), bytes).unwrap()));
    let file = safetensors::serialize(views, None).unwrap();
    let imported = import_bytes(&file).unwrap();
    assert_same(&imported, &control);
    assert_remark(&imported, &["60 tensors", "float64"]);
    assert_refused(import_bytes(&file[..file.len() - 1]), &["safetensors", "damaged or incomplete"]);
}

#[test]
fn torch_checkpoint_variants_that_are_no_checkpoints_are_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_refused(import_official(folder.path()), &["is a folder", "PyTorch checkpoint"]);
    assert_refused(import_official(folder.path().join("none.pt")), &["none.pt", "No such file"]);
    let link = folder.path().join("link.pt");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(data("import/one_action.pt"), &link).unwrap();
        assert_same(&import_official(&link).unwrap(), &control());
        assert_refused(import_official(Path::new("/dev/null")), &["not a regular file"]);
    }
    assert_refused(import_bytes(b""), &["an empty file"]);
    assert_refused(import_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), &["git lfs pull"]);
    assert_refused(import_bytes(b"\n<!DOCTYPE html><html></html>"), &["a web page"]);
    assert_refused(import_bytes(b"[task]\n"), &["cannot be read as a PyTorch checkpoint"]);
    assert_refused(import_bytes(&archive(&[("a.txt".into(), b"text".into())])), &["No data.pkl", "state_dict()"]);
    let whole = save(&tensors(one_action()));
    for cut in [5, 300, whole.len() / 2, whole.len() - 1] {
        assert_refused(
            import_bytes(&whole[..cut]),
            &["cannot be read as a PyTorch checkpoint", "damaged or incomplete"],
        );
    }
    // An object of a class that only its program knows, around a tensor.
    let object = dict([("buffer", Value::List(vec![Value::Pickled(b"c__main__\nBuffer\n"), tensors(one_action())]))]);
    assert_same(&import(&object).unwrap(), &control());
    assert_refused(
        import(&torch::dict([("loss", Value::Tensor(Tensor::scalar(Kind::F32, 1.0)))])),
        &["not an official", "loss"],
    );
    assert_refused(import(&Value::Dict(vec![])), &["not an official", "its 0 tensors"]);
    assert_refused(import(&Value::List(vec![])), &["Expected a dictionary", "state_dict()"]);
}
