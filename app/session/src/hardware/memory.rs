//! Checks whether a configuration fits into the memory that is still available to this process.

use std::fs;
use std::path::Path;

use anyhow::bail;
use bootstride_core::config::{Config, Footprint, Part};
use bootstride_core::task::TaskInfo;

/// Memory still available to this process, and its limiting factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// Bytes.
    pub bytes: u64,
    /// The limiting factor, phrased to follow an amount.
    pub bound: &'static str,
}

impl Available {
    /// Returns the tightest of the limits that Linux reports: free memory including swap, the process limits, and the
    /// limits of its control groups. `None` on other systems, where nothing is checked in advance.
    #[must_use]
    pub fn now() -> Option<Self> {
        let meminfo = read("/proc/meminfo");
        let status = read("/proc/self/status");
        let limits = read("/proc/self/limits");
        let free = kilobytes(&meminfo, "MemAvailable:")
            .map(|free| free.saturating_add(kilobytes(&meminfo, "SwapFree:").unwrap_or_default()));
        let left = |limit: &str, used: &str| {
            Some(soft_limit(&limits, limit)?.saturating_sub(kilobytes(&status, used).unwrap_or_default()))
        };
        let bounds = [
            (free, "free on this computer"),
            (left("Max address space", "VmSize:"), "left under the limit of this process's address space (ulimit -v)"),
            (left("Max data size", "VmData:"), "left under the limit of this process's data (ulimit -d)"),
            (control_groups(), "left under the limit of this process's control group or container"),
        ];
        let bounds = bounds.into_iter().filter_map(|(bytes, bound)| Some(Self { bytes: bytes?, bound }));
        bounds.min_by_key(|available| available.bytes)
    }
}

/// Rejects a configuration whose training on this task would not fit into memory.
///
/// # Errors
/// If it does not fit. The error states the setting that contributes most, the memory needed and the memory available.
pub fn check(config: &Config, task: &TaskInfo, on_gpu: bool) -> anyhow::Result<()> {
    let footprint = Footprint::new(config, task.observation_size, task.action_size, on_gpu);
    match Available::now() {
        Some(available) => compare(config, &footprint, available),
        None => Ok(()),
    }
}

fn compare(config: &Config, footprint: &Footprint, available: Available) -> anyhow::Result<()> {
    let needed = footprint.bytes();
    let Some(Part { what, bytes, .. }) = footprint.largest().filter(|_| needed > available.bytes) else {
        return Ok(());
    };
    let key = footprint.blame;
    bail!(
        "this configuration needs about {} of memory, but only {} are {}; most of it, {}, is for {what}. Try a smaller \
         {key} (it is {})",
        amount(needed),
        amount(available.bytes),
        available.bound,
        amount(*bytes),
        value(config, key),
    )
}

/// Returns the value of a setting.
fn value(config: &Config, key: &str) -> String {
    let table = toml::Table::try_from(config).unwrap_or_default();
    let (section, name) = key.split_once('.').unwrap_or_default();
    table.get(section).and_then(|section| section.get(name)).map(ToString::to_string).unwrap_or_default()
}

/// Formats a number of bytes.
#[allow(clippy::cast_precision_loss, reason = "displayed to a tenth")]
fn amount(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes < 1e9 => format!("{:.0} MB", bytes / 1e6),
        bytes if bytes < 1e13 => format!("{:.1} GB", bytes / 1e9),
        bytes => format!("{:.0} TB", bytes / 1e12),
    }
}

/// Returns the text of a file; empty if it cannot be read.
fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Returns the bytes in a line like `MemAvailable:   16000 kB`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Returns the soft limit in a line like `Max address space   6144000000   unlimited   bytes`; `None` if there is none.
fn soft_limit(limits: &str, name: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Returns the memory that the control groups of this process (and their parents) leave available; memory that only
/// caches files counts as free.
fn control_groups() -> Option<u64> {
    let names = read("/proc/self/cgroup");
    let left = names.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (root, limit, used, cached) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file ")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
        } else {
            return None;
        };
        let groups = Path::new(path.trim_start_matches('/')).ancestors().map(|group| Path::new(root).join(group));
        let left = groups.filter_map(|group| {
            let number = |name: &str| read(group.join(name)).trim().parse::<u64>().ok();
            let stat = read(group.join("memory.stat"));
            let cached = stat.lines().find_map(|line| line.strip_prefix(cached)?.trim().parse::<u64>().ok());
            let used = number(used).unwrap_or_default().saturating_sub(cached.unwrap_or_default());
            Some(number(limit)?.saturating_sub(used))
        });
        left.min()
    });
    left.min()
}

#[cfg(test)]
mod tests {
    use bootstride_core::config::Layers;

    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max data size             unlimited            unlimited            bytes\n\
                      Max address space         6144000000           unlimited            bytes\n";
        assert_eq!(soft_limit(limits, "Max address space"), Some(6_144_000_000));
        assert_eq!(soft_limit(limits, "Max data size"), None);
        assert_eq!(kilobytes("MemFree: 1 kB\nMemAvailable:   16 kB\n", "MemAvailable:"), Some(16 * 1024));
        assert_eq!(kilobytes("", "MemAvailable:"), None);
        if cfg!(target_os = "linux") {
            assert!(Available::now().unwrap().bytes > 1_000_000);
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_the_setting_and_both_figures() {
        let config =
            |setting: &str| Layers::new().size_preset("tiny").unwrap().set(setting).unwrap().resolve().unwrap();
        let told = |setting: &str, bytes| {
            let config = config(setting);
            let available = Available { bytes, bound: "free on this computer" };
            compare(&config, &Footprint::new(&config, 5, 1, false), available).err().map(|error| error.to_string())
        };
        let error = told("model.mlp_dim=65536", 6_000_000_000).unwrap();
        for part in ["a smaller model.mlp_dim (it is 65536)", "only 6.0 GB are free on this computer", "GB", "networks"]
        {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
        assert_eq!(told("model.mlp_dim=256", 2_000_000_000), None);
    }
}
