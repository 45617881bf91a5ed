//! Inserts file names and the manifest into the page's text.

use anyhow::{Result, ensure};

const SLOT: &str = r#"<script type="application/json" id="bootstride-build">{}</script>"#;

/// Marker of a page built by this program.
pub(super) const MARK: &str = r#"id="bootstride-build""#;

/// Returns `text` with every quoted name of `references` replaced by its new name.
///
/// # Errors
/// If `text` does not contain one of them: then it no longer matches the build.
pub(super) fn refer(text: &str, references: &[(&str, &str)]) -> Result<String> {
    let mut text = text.to_owned();
    for (name, file) in references {
        let quoted = format!("\"{name}\"");
        ensure!(text.contains(&quoted), "the page does not refer to {name}, which is in its folder");
        text = text.replace(&quoted, &format!("\"{file}\""));
    }
    Ok(text)
}

/// Returns `page` with `json` in its slot.
///
/// # Errors
/// If there is no slot.
pub(super) fn embed(page: &str, json: &str) -> Result<String> {
    ensure!(page.matches(SLOT).count() == 1, "index.html must have one line {SLOT}");
    // Within a script element only `<` could be parsed as markup.
    let json = json.replace('<', "\\u003c");
    Ok(page.replace(SLOT, &SLOT.replace("{}", &json)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_wherever_they_are_quoted() {
        let text = refer(r#"<a href="a.js"> a.js <b src="a.js">"#, &[("a.js", "a-1.js")]).unwrap();
        assert_eq!(text, r#"<a href="a-1.js"> a.js <b src="a-1.js">"#);
    }

    #[test]
    fn a_file_that_nothing_refers_to_is_a_mistake() {
        assert!(refer("", &[("a.js", "a-1.js")]).unwrap_err().to_string().contains("a.js"));
    }

    #[test]
    fn a_manifest_cannot_end_its_element() {
        let page = embed(SLOT, r#"{"name": "</script><b>"}"#).unwrap();
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
        assert!(embed("", "{}").is_err());
    }
}
