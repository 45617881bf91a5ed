//! Checkpoints as other trainers write them are imported with a line on what differs, or refused with the reason.

use std::fs;
use std::path::Path;

use bootstride_tests::torch::{Kind, Tensor, data, dict, one_action, save, tensors};

use crate::tool::{Done, run, workplace};

type Agent = Vec<(String, Tensor)>;

/// Writes an agent behind a key and a prefix.
fn write(file: &Path, key: &str, prefix: &str, agent: Agent) {
    let named = agent.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor));
    fs::write(file, save(&dict([(key, tensors(named))]))).unwrap();
}

fn each(agent: Agent, change: impl Fn(&str, Tensor) -> Tensor) -> Agent {
    agent.into_iter().map(|(name, tensor)| (name.clone(), change(&name, tensor))).collect()
}

fn import(folder: &Path, file: &str, out: &str) -> Done {
    run(folder, &["import", file, out, "--task", "cartpole-swingup"])
}

fn weights(folder: &Path, out: &str) -> Vec<u8> {
    fs::read(folder.join(out).join("checkpoints/step_000000000/weights.safetensors")).unwrap()
}

#[test]
fn torch_checkpoint_variants() {
    let folder = workplace();
    let folder = folder.path();
    fs::copy(data("import/one_action.pt"), folder.join("control.pt")).unwrap();
    import(folder, "control.pt", "control").with_code(0);
    let cast = |kind| {
        each(one_action(), |_, tensor| Tensor {
            kind: if tensor.shape.is_empty() { tensor.kind } else { kind },
            ..tensor
        })
    };
    let unlimited = one_action().into_iter().filter(|(name, _)| !name.starts_with("log_std")).collect();
    let forms: [(&str, &str, &str, Agent, &[&str]); 8] = [
        ("same", "model", "", one_action(), &["removed from the names in the file: model."]),
        ("orig_mod", "model", "_orig_mod.", one_action(), &["model., _orig_mod."]),
        ("module", "model", "module.", one_action(), &["model., module."]),
        ("state_dict", "state_dict", "", one_action(), &["removed from", "state_dict."]),
        ("half", "model", "", cast(Kind::F16), &["60 tensors converted from float16 to 32 bits"]),
        ("bfloat16", "model", "", cast(Kind::BF16), &["60 tensors converted from bfloat16 to 32 bits"]),
        ("double", "model", "", cast(Kind::F64), &["60 tensors converted from float64 to 32 bits"]),
        ("no_log_std", "model", "", unlimited, &["no log_std_min in the file", "states only", "BMPC"]),
    ];
    for (form, key, prefix, agent, words) in forms {
        let file = format!("{form}.pt");
        write(&folder.join(&file), key, prefix, agent);
        let done = import(folder, &file, form).with_code(0);
        let agent = ["bmpc agent for 5 observations and 1 action\n", "60 tensors mapped"];
        for word in words.iter().chain(&agent) {
            assert!(done.out.contains(word), "{form}: {word}: {}", done.out);
        }
        assert!(!done.out.contains("->"), "the mapping is for --verbose: {}", done.out);
        let equal = weights(folder, form) == weights(folder, "control");
        assert_eq!(equal, !["half", "bfloat16"].contains(&form), "{form}");
    }
    let fill = |name: &'static str, count, number| {
        each(one_action(), move |one, tensor| {
            (0..if one == name { count } else { 0 }).fold(tensor, |tensor, at| tensor.with(at, number))
        })
    };
    let refused = [
        ("nan", fill("_dynamics.0.weight", 1, f64::NAN), "_dynamics.0.weight: of 1320 values 1 not finite"),
        ("inf", fill("_pi.2.bias", 2, f64::INFINITY), "_pi.2.bias: of 2 values 2 not finite"),
    ];
    for (form, agent, words) in refused {
        write(&folder.join("refused.pt"), "model", "", agent);
        let done = import(folder, "refused.pt", form).with_code(2);
        assert!(done.err.contains(words) && done.out.is_empty(), "{done:?}");
        assert!(!folder.join(form).exists());
    }
}

#[test]
fn torch_checkpoint_variants_are_listed_tensor_by_tensor_with_verbose() {
    let folder = workplace();
    write(&folder.path().join("agent.pt"), "model", "module.", one_action());
    let arguments = ["import", "agent.pt", "agent", "--task", "cartpole-balance", "--verbose"];
    let done = run(folder.path(), &arguments).with_code(0);
    assert_eq!(done.out.matches(" -> ").count(), 60, "{}", done.out);
    assert!(
        done.out.contains("_encoder.state.0.weight          -> encoder.0.weight                 [1, 5, 24]"),
        "{}",
        done.out
    );
    assert!(done.out.lines().any(|line| line.contains("log_std_min") && line.ends_with("not needed")), "{}", done.out);
}

#[test]
fn torch_checkpoint_variants_say_which_task_was_taken_and_ask_where_several_fit() {
    let folder = workplace();
    let folder = folder.path();
    let fitting = ["cartpole-balance", "cartpole-balance-sparse", "cartpole-swingup", "cartpole-swingup-sparse"];
    let line = |done: &Done| done.out.lines().find(|line| line.starts_with("task ")).unwrap_or_default().to_owned();

    write(&folder.join("agent.pt"), "model", "", one_action());
    let chosen = line(&run(folder, &["import", "agent.pt", "agent"]).with_code(0));
    assert!(chosen.starts_with("task cartpole-balance, a guess: ") && chosen.ends_with("with --task"), "{chosen}");
    assert!(fitting.iter().all(|name| chosen.contains(name)), "{chosen}");

    let named = line(&run(folder, &["import", "agent.pt", "named", "--task", "cartpole-balance"]).with_code(0));
    assert!(named.starts_with("task cartpole-balance, from --task"), "{named}");
    assert!(fitting.iter().all(|name| named.contains(name)), "{named}");

    fs::rename(folder.join("agent.pt"), folder.join("cartpole_swingup_sparse-1.pt")).unwrap();
    let by_file = line(&run(folder, &["import", "cartpole_swingup_sparse-1.pt", "by-file"]).with_code(0));
    assert!(by_file.starts_with("task cartpole-swingup-sparse, from the file name"), "{by_file}");
    assert!(fitting.iter().all(|name| by_file.contains(name)), "{by_file}");
    let config: toml::Table = fs::read_to_string(folder.join("by-file/config.toml")).unwrap().parse().unwrap();
    assert_eq!(config["task"]["name"].as_str(), Some("cartpole-swingup-sparse"));

    // Names of a task of other sizes, and of two tasks.
    for name in ["walker-run.pt", "cartpole-swingup-cartpole-balance.pt"] {
        fs::copy(folder.join("cartpole_swingup_sparse-1.pt"), folder.join(name)).unwrap();
        let chosen = line(&run(folder, &["import", name, &format!("of-{name}")]).with_code(0));
        assert!(chosen.contains("a guess"), "{name}: {chosen}");
    }
}
