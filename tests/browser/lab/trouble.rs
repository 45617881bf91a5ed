//! Failures are reported, and nothing else happens.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use bootstride_session::archive::pack;
use bootstride_session::message::{Activity, Command};
use tempfile::TempDir;

use super::keeping::{save, stored, stored_run};
use super::menu::{Entry, menu};
use super::{Lab, SOON, Told, first, quick_run, site, start, tiny};
use crate::harness::Gpu;

/// Looks for the restart button in the strip below the bar and clicks it, as a user does.
fn restart(lab: &Lab) {
    // The words before the button may take several lines.
    for line in 0..8 {
        for column in 0..30 {
            lab.page.click((20.0 + 40.0 * f64::from(column), 66.0 + 16.0 * f64::from(line)));
            if lab.told().failure.is_none() {
                return;
            }
        }
    }
    panic!("the button to restart the engine is not there: {}", lab.told());
}

/// An agent's archive as a user may have it: whole, cut off, and with some bytes turned.
struct Archives {
    _folder: TempDir,
    whole: PathBuf,
    damaged: Vec<PathBuf>,
}

fn archives() -> Archives {
    let folder = TempDir::new().unwrap();
    let whole = pack(&first().1).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let weights = whole.windows(19).position(|name| name == b"weights.safetensors").unwrap() + 4096;
    let mut turned = whole.clone();
    for byte in &mut turned[weights..weights + 16] {
        *byte ^= 0x5a;
    }
    let mut header = whole.clone();
    header[..600].fill(0x41);
    Archives {
        damaged: vec![
            put("turned.tar", &turned),
            put("cut.tar", &whole[..whole.len() / 2]),
            put("header.tar", &header),
            put("empty.tar", b""),
            put("words.json", b"no body"),
            put("noise.bin", &[7; 5000]),
        ],
        whole: put("whole.tar", &whole),
        _folder: folder,
    }
}

#[test]
fn a_damaged_checkpoint_gives_a_message_and_nothing_else() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let Archives { _folder, whole, damaged } = &archives();
    let lab = Lab::open(&browser, site(), &format!("?agent={}", first().0));
    let mut before = lab.wait_for_play(5);
    for file in damaged {
        let name = file.file_name().unwrap().to_str().unwrap();
        lab.page.drop_files((600.0, 300.0), &[file]);
        let told = lab.wait("a message", SOON, |told| told.notices.len() > before.notices.len());
        let notice = told.notices.iter().find(|notice| !before.notices.contains(notice)).unwrap();
        println!("{notice}");
        assert!(notice.contains(name), "{notice}");
        assert_eq!(told.notices.len(), before.notices.len() + 1, "{told}");
        assert_eq!(told.status.folder, before.status.folder, "what plays goes on");
        before = lab.wait("more play", SOON, |later| later.plays() && later.decisions > told.decisions + 5);
    }
    assert!(stored(&lab).is_empty(), "nothing is left of them");

    // By the chooser of files too.
    lab.page.choose_files(&[&damaged[0]], || menu(&lab, Entry::Open));
    let told = lab.wait("a message", SOON, |told| told.notices.len() > before.notices.len());
    assert!(told.plays() && told.failure.is_none(), "{told}");
    lab.assert_quiet();

    // And a whole one is opened.
    lab.page.choose_files(&[whole], || menu(&lab, Entry::Open));
    let told = lab.wait("the agent of the file", SOON, |told| {
        told.plays() && told.status.folder.as_deref().is_some_and(|folder| folder.starts_with("runs/"))
    });
    lab.wait("its play", SOON, |later| later.decisions > 5 && later.status.folder == told.status.folder);
    lab.assert_quiet();
}

/// Waits until the page says that the engine is gone.
fn wait_for_failure(lab: &Lab) -> Told {
    lab.wait("the failure", SOON, |told| told.failure.is_some())
}

#[test]
fn a_worker_that_is_killed_is_missed_and_another_one_goes_on() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?tab=train");
    let (before, step) = stored_run(&lab);
    assert!(lab.page.kill_workers() >= 1);
    let told = wait_for_failure(&lab);
    assert!(told.failure.as_ref().is_some_and(|why| why.contains("no longer answers")), "{told}");
    assert!(told.decisions >= before.decisions, "what was reported stays visible");
    assert!(!lab.page.shows("#broken"), "the page lives on");

    restart(&lab);
    let told = lab.wait("the run again", SOON, |told| told.trains() && told.failure.is_none());
    assert_eq!(told.status.folder, before.status.folder);
    assert!(told.status.env_step >= step, "{} after {step}", told.status.env_step);
    let later = lab.wait("more of it", SOON, |later| later.status.env_step > told.status.env_step + 50);
    assert!(!later.says("Skipped a damaged"), "{later}");
    assert!(save(&lab) > step);
    lab.assert_quiet();
}

#[test]
fn a_worker_that_panics_says_why_and_another_one_goes_on() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), &format!("?agent={}", first().0));
    let before = lab.wait_for_play(5);
    // More than a module can address.
    lab.train(tiny(&[
        "task.name=walker-walk",
        "run.device=cpu",
        "model.encoder_dim=65536",
        "model.mlp_dim=65536",
        "model.latent_dim=65536",
    ]));
    let told = wait_for_failure(&lab);
    assert!(told.failure.as_ref().is_some_and(|why| why.contains("panicked")), "{told}");
    restart(&lab);
    let told = lab.wait("the agent again", SOON, |later| later.plays() && later.decisions > 5);
    assert_eq!(told.status.folder, before.status.folder);
    assert!(!lab.page.shows("#broken"), "{}", lab.page.text("#broken"));
}

#[test]
fn a_worker_that_traps_says_why_and_another_one_goes_on() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), &format!("?agent={}", first().0));
    lab.wait_for_play(5);
    // As when the memory is full: the task that computes ends, and nobody waits for it.
    lab.page.evaluate_in_worker("void Promise.reject(new WebAssembly.RuntimeError('unreachable'))");
    let told = wait_for_failure(&lab);
    assert!(told.failure.as_ref().is_some_and(|why| why.contains("unreachable")), "{told}");
    restart(&lab);
    lab.wait("the agent again", SOON, |later| later.plays() && later.decisions > 5);
    assert!(!lab.page.shows("#broken"), "{}", lab.page.text("#broken"));
}

#[test]
fn a_worker_that_cannot_be_loaded_is_told_and_can_be_tried_again() {
    use bootstride_web::serve::Reply;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    let Some(browser) = start(Gpu::WebGl) else { return };
    let broken = Arc::new(AtomicBool::new(true));
    let hooked = Arc::clone(&broken);
    let server = crate::harness::serve(crate::harness::lab(), move |path| {
        let is_worker = path.contains("worker-") && hooked.load(Ordering::Relaxed);
        is_worker.then(|| Reply { status: 503, mime: "text/plain", bytes: Vec::new() })
    });
    let lab = Lab::open(&browser, &server, &format!("?agent={}", first().0));
    wait_for_failure(&lab);
    broken.store(false, Ordering::Relaxed);
    restart(&lab);
    lab.watch(&first().0, 1);
    lab.wait("an agent", SOON, |told| told.plays() && told.decisions > 5);
}

#[test]
fn without_webgpu_the_page_computes_on_the_cpu_and_says_why() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let page = browser.blank();
    page.before_load("delete Navigator.prototype.gpu");
    let lab = Lab::in_tab(page, site(), &format!("?agent={}", first().0));
    let told = lab.wait_for_play(5);
    assert!(!told.status.on_gpu && told.status.device.starts_with("CPU"), "{told}");
    assert!(told.status.device_reason.contains("WebGPU"), "{:?}", told.status.device_reason);
    lab.assert_quiet();
}

#[test]
fn webgpu_in_software_is_passed_over_and_that_is_said() {
    let Some(browser) = start(Gpu::WebGpu) else { return };
    let lab = Lab::open(&browser, site(), &format!("?agent={}", first().0));
    let told = lab.wait_for_play(5);
    assert!(!told.status.on_gpu && told.status.device.starts_with("CPU"), "{told}");
    assert!(told.status.device_reason.contains("software"), "{:?}", told.status.device_reason);
    lab.assert_quiet();
}

#[test]
fn a_gpu_that_is_asked_for_and_not_there_is_told() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?tab=train");
    let mut config = quick_run();
    config.run.device = "gpu".into();
    lab.train(config);
    let told = lab.wait("a word", SOON, |told| !told.notices.is_empty());
    assert!(told.failure.is_none() && !told.status.on_gpu, "{told}");
    sleep(Duration::from_secs(1));
    assert!(matches!(lab.told().status.activity, Activity::Idle | Activity::Running), "{told}");
    lab.send(&Command::Stop);
    lab.watch(&first().0, 1);
    lab.wait("an agent", SOON, Told::plays);
    lab.assert_quiet();
}
