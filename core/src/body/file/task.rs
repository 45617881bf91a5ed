//! The section `task`: what a body is to do when it is trained by its own file. Nothing here simulates it.

use serde::{Deserialize, Serialize};

use super::validate::{check_known, check_not_negative, check_positive, check_prose, check_range, check_vector, value};
use super::{BodyFile, JointKind, WORLD};
use crate::body::error::BodyError;

/// A generic task of locomotion. The reward of a control step is the product of one factor per goal, and a factor is
/// 1 - share + share x, where x is 1 as long as the goal is met and falls off outside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locomotion {
    /// One sentence: what earns reward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// To go forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
    /// To stay upright.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upright: Option<Upright>,
    /// To keep a height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Height>,
    /// To use little control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlCost>,
    /// Where episodes begin.
    #[serde(default)]
    pub reset: Start,
    /// Condition that ends an episode early; `None` if only time does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<EndCondition>,
    /// Control steps after which an episode is truncated; `None` is 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode_control_steps: Option<usize>,
}

/// To move along x of the world: x is 1 from `speed` up, and falls in a straight line to 0 at `margin` below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// Name of the link whose speed counts, at the origin of its frame.
    pub link: String,
    /// m/s.
    pub speed: f64,
    /// m/s; default: `speed`, so that standing still earns the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Share of the reward that depends on this, in [0, 1].
    #[serde(default = "most")]
    pub share: f64,
}

/// To hold a link's z axis up: x is 1 while its cosine with the vertical is at least `cosine`, and falls in a straight
/// line to 0 at `margin` below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upright {
    /// Name of the link.
    pub link: String,
    /// Cosine, in [-1, 1].
    #[serde(default = "nearly_upright")]
    pub cosine: f64,
    /// Default: 1 + `cosine`, so that upside down earns the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Share of the reward that depends on this, in [0, 1].
    #[serde(default = "all")]
    pub share: f64,
}

/// To keep a link's origin between two heights: x is 1 there, and falls as a Gaussian to 0.1 at `margin` outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Height {
    /// Name of the link.
    pub link: String,
    /// Lowest and highest z in the world, m.
    pub range: [f64; 2],
    /// m; 0 earns nothing outside.
    pub margin: f64,
    /// Share of the reward that depends on this, in [0, 1].
    #[serde(default = "all")]
    pub share: f64,
}

/// To use little control: x is the mean over all actuators of 1 - u^2, u as a share of the largest control of its
/// range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlCost {
    /// Share of the reward that depends on this, in [0, 1].
    #[serde(default = "little")]
    pub share: f64,
}

/// The condition that ends an episode: a link is too low or too far tilted. One bound is enough, and of two either ends
/// it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndCondition {
    /// Name of the link.
    pub link: String,
    /// Height of the link's origin below which the episode ends, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_height: Option<f64>,
    /// Cosine between the link's z axis and the vertical below which the episode ends, above -1 and at most 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_cosine: Option<f64>,
}

/// Where episodes begin: at the joints' references, at rest, with some noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Start {
    /// Share of its range within which each hinge and slide begins, in [0, 1]: 1 is anywhere in the range, which for a
    /// hinge without limit is the whole circle. Slides without limit, slides on the world and free joints begin where
    /// the file says.
    pub positions: f64,
    /// Height at which the origin of the first link begins, m: along its free joint, or its slide along the vertical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<f64>,
}

impl Default for Start {
    fn default() -> Self {
        Self { positions: 0.1, height: None }
    }
}

/// Longest episode of a file, in control steps.
const LONGEST_EPISODE: usize = 100_000;

fn most() -> f64 {
    5.0 / 6.0
}

fn all() -> f64 {
    1.0
}

fn little() -> f64 {
    0.2
}

fn nearly_upright() -> f64 {
    0.9
}

impl Locomotion {
    pub(super) fn validate(&self, file: &BodyFile) -> Result<(), BodyError> {
        const PATH: &str = "$.task";
        let links: Vec<&str> = file.links.iter().map(|link| link.name.as_str()).collect();
        let known = |goal: &str, link: &str| check_known(&format!("{PATH}.{goal}.link"), link, "a link", &links);
        let share = |goal: &str, share: f64| check_share(&format!("{PATH}.{goal}.share"), share);
        let margin = |goal: &str, margin: Option<f64>| {
            margin.map_or(Ok(()), |margin| check_positive(&format!("{PATH}.{goal}.margin"), margin))
        };
        if self.forward.is_none() && self.upright.is_none() && self.height.is_none() && self.control.is_none() {
            return Err(value(PATH, &"no goal", "one or more of forward, upright, height and control"));
        }
        if let Some(description) = &self.description {
            check_prose(&format!("{PATH}.description"), description)?;
        }
        if let Some(forward) = &self.forward {
            known("forward", &forward.link)?;
            check_positive(&format!("{PATH}.forward.speed"), forward.speed)?;
            margin("forward", forward.margin)?;
            share("forward", forward.share)?;
        }
        if let Some(upright) = &self.upright {
            known("upright", &upright.link)?;
            if !(-1.0..=1.0).contains(&upright.cosine) {
                return Err(value(format!("{PATH}.upright.cosine"), &upright.cosine, "-1 to 1"));
            }
            margin("upright", upright.margin)?;
            share("upright", upright.share)?;
        }
        if let Some(height) = &self.height {
            known("height", &height.link)?;
            check_range(&format!("{PATH}.height.range"), height.range)?;
            check_not_negative(&format!("{PATH}.height.margin"), height.margin)?;
            share("height", height.share)?;
        }
        if let Some(control) = &self.control {
            share("control", control.share)?;
        }
        if let Some(ends) = &self.ends {
            known("ends", &ends.link)?;
            if ends.below_height.is_none() && ends.below_cosine.is_none() {
                return Err(value(format!("{PATH}.ends"), &"no bound", "one or both of below_height and below_cosine"));
            }
            if let Some(height) = ends.below_height {
                check_vector(&format!("{PATH}.ends.below_height"), &[height])?;
            }
            // At -1 it would never end an episode.
            if let Some(cosine) = ends.below_cosine.filter(|cosine| !(*cosine > -1.0 && *cosine <= 1.0)) {
                return Err(value(format!("{PATH}.ends.below_cosine"), &cosine, "above -1 and at most 1"));
            }
        }
        if let Some(steps) = self.episode_control_steps.filter(|steps| !(1..=LONGEST_EPISODE).contains(steps)) {
            return Err(value(format!("{PATH}.episode_control_steps"), &steps, format!("1 to {LONGEST_EPISODE}")));
        }
        check_share(&format!("{PATH}.reset.positions"), self.reset.positions)?;
        if let Some(height) = self.reset.height {
            check_vector(&format!("{PATH}.reset.height"), &[height])?;
            if file.lift().is_none() {
                let allowed = "none, unless the first link has a free joint or a slide along the vertical";
                return Err(value(format!("{PATH}.reset.height"), &height, allowed));
            }
        }
        if file.actuators.is_empty() {
            return Err(value("$.actuators", &"none", "one or more: a task needs something to control"));
        }
        Ok(())
    }
}

impl BodyFile {
    /// Returns the joint that lifts the first link: its number in the file, and how far the link rises per unit of it.
    /// 0 for a free joint, whose third position is the height itself.
    pub(crate) fn lift(&self) -> Option<(usize, f64)> {
        let link = self.links.first().filter(|link| link.parent == WORLD)?;
        link.joints.iter().enumerate().find_map(|(i, joint)| match joint.kind {
            JointKind::Free => Some((i, 0.0)),
            JointKind::Slide => {
                let rise = upward(link.orientation, joint.axis);
                (rise.abs() > 0.99).then_some((i, rise))
            }
            JointKind::Hinge => None,
        })
    }
}

/// Returns the share of an axis, in a frame of this orientation, that points up.
fn upward([w, x, y, z]: [f64; 4], axis: [f64; 3]) -> f64 {
    // The third row of the rotation matrix.
    let row = [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)];
    let up: f64 = row.iter().zip(axis).map(|(a, b)| a * b).sum();
    up / axis.iter().map(|a| a * a).sum::<f64>().sqrt()
}

fn check_share(path: &str, share: f64) -> Result<(), BodyError> {
    if (0.0..=1.0).contains(&share) { Ok(()) } else { Err(value(path, &share, "0 to 1")) }
}
