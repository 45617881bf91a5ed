//! The summary of a body as text.

use bootstride_core::body::BodyFile;

use super::report::{GeomReport, Report, digits, word};
use super::tree::tree;

impl Report {
    /// Formats the summary as text.
    pub fn text(&self, file: &BodyFile) -> String {
        let Self { name, mass, degrees_of_freedom, positions, actuators, sensors, tendons, ropes, .. } = self;
        let milliseconds = self.control_timestep * 1e3;
        let steps = self.steps_per_control;
        let mut lines = vec![
            format!("{name}: {} kg, {} links", digits(*mass), self.links.len()),
            format!("{degrees_of_freedom} degrees of freedom, {positions} positions"),
            format!("control step {} ms in {steps} time steps", digits(milliseconds)),
            if file.simulation.contacts {
                format!("{} colliding geoms", self.touching_geoms)
            } else {
                "no contacts".into()
            },
        ];
        lines.extend(self.fluid_density.map(|density| format!("in a fluid of {} kg/m^3", digits(density))));
        lines.push(String::new());
        lines.extend(tree(&file.world.geoms.iter().map(GeomReport::from).collect::<Vec<_>>(), &self.links));
        let drives = actuators.iter().map(|one| {
            let [low, high] = one.control_range.map(digits);
            let gain = if one.gain.to_bits() == 1.0_f64.to_bits() {
                String::new()
            } else {
                format!(", gain {}", digits(one.gain))
            };
            let filter = one.filter.map(|time| format!(", filter {} s", digits(time))).unwrap_or_default();
            (
                one.name.clone(),
                format!("on {}, control {low} to {high}, gear {}{gain}{filter}", one.drives, digits(one.gear)),
            )
        });
        list(&mut lines, "actuators", drives.collect());
        let senses = sensors.iter().map(|one| (one.name.clone(), format!("{} at {}", word(&one.kind), one.site)));
        list(&mut lines, "sensors", senses.collect());
        list(&mut lines, "tendons", tendons.iter().map(|one| (one.name.clone(), one.joints.join(" + "))).collect());
        let named = file.ropes.iter().zip(ropes);
        list(&mut lines, "ropes", named.map(|(rope, text)| (rope.name.clone(), text.clone())).collect());
        if let Some(task) = &file.task {
            let description = task.description.as_deref().unwrap_or("defined by the file");
            // In one line, so that it cannot be mistaken for other lines of the summary.
            let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.extend([String::new(), format!("task: {description}")]);
        }
        lines.join("\n") + "\n"
    }
}

/// Appends a titled list in two columns; nothing if there are no entries.
fn list(lines: &mut Vec<String>, title: &str, entries: Vec<(String, String)>) {
    if entries.is_empty() {
        return;
    }
    lines.extend([String::new(), format!("{title} ({})", entries.len())]);
    let width = entries.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    lines.extend(entries.into_iter().map(|(name, text)| format!("  {name:<width$}  {text}")));
}
