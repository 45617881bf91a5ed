//! Export of plots and pictures to files: requested by any widget, executed at the end of the frame.
//!
//! A widget calls [`Exports::ask`] (plots do so from their menus); the shell owns an [`Exports`] and calls
//! [`Exports::frame`] once per frame, which writes the files and returns notices. PNGs are cropped from a screenshot of
//! the window, which takes a few frames because the menu has to close first.

use std::sync::{Arc, Mutex, PoisonError};

use bootstride_core::vfs;
use bootstride_session::clock::now;
use bootstride_session::message::{Level, Notice};
use eframe::egui::{ColorImage, Context, Id, Rect};

use super::{Palette, Plot};

/// The export format of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A vector drawing.
    Svg,
    /// The data.
    Csv,
    /// The pixels, as on the screen.
    Png,
}

/// An exported file: written to a folder, or offered by a page for download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The file name, derived from the content, without extension.
    pub stem: String,
    /// The extension: `svg`, `csv`, `png` or another one.
    pub extension: &'static str,
    /// The contents.
    pub bytes: Vec<u8>,
}

/// Requested, not started.
#[derive(Clone)]
enum Request {
    Ready(File),
    Picture { stem: String, rect: Rect },
}

type Picture = Arc<Mutex<Option<Arc<ColorImage>>>>;

/// A pending screenshot.
struct Pending {
    stem: String,
    rect: Rect,
    /// Frames to wait until the menu has closed.
    wait: u8,
    picture: Option<Picture>,
}

/// The requested exports; owned by the shell.
#[derive(Default)]
pub struct Exports {
    pending: Vec<Pending>,
}

const ASKED: &str = "bootstride exports";

fn ask(ctx: &Context, request: Request) {
    ctx.data_mut(|data| data.get_temp_mut_or_default::<Vec<Request>>(Id::unique(ASKED)).push(request));
    ctx.request_repaint();
}

impl Exports {
    /// Requests the export of a plot, which is drawn in `rect`, in this format.
    pub fn ask(ctx: &Context, plot: &Plot, format: Format, rect: Rect, palette: &Palette) {
        let stem = stem(&plot.title);
        let file =
            |extension, text: String| Request::Ready(File { stem: stem.clone(), extension, bytes: text.into_bytes() });
        ask(
            ctx,
            match format {
                Format::Svg => {
                    file("svg", plot.to_svg(rect.width().max(480.0) + 32.0, rect.height().max(200.0) + 32.0, palette))
                }
                Format::Csv => file("csv", plot.to_csv()),
                Format::Png => Request::Picture { stem: stem.clone(), rect: rect.expand(8.0) },
            },
        );
    }

    /// Requests a part of the window as a PNG with this name.
    pub fn ask_picture(ctx: &Context, title: &str, rect: Rect) {
        ask(ctx, Request::Picture { stem: stem(title), rect });
    }

    /// Requests the export of existing file contents.
    pub fn ask_file(ctx: &Context, title: &str, extension: &'static str, bytes: Vec<u8>) {
        ask(ctx, Request::Ready(File { stem: stem(title), extension, bytes }));
    }

    /// Returns the files that became ready since the previous call, or errors. Call once per frame.
    pub fn take(&mut self, ctx: &Context) -> Vec<Result<File, Notice>> {
        let asked: Vec<Request> = ctx.data_mut(|data| std::mem::take(data.get_temp_mut_or_default(Id::unique(ASKED))));
        let mut done = Vec::new();
        for request in asked {
            match request {
                Request::Ready(file) => done.push(Ok(file)),
                Request::Picture { stem, rect } => self.pending.push(Pending { stem, rect, wait: 3, picture: None }),
            }
        }
        let pixels_per_point = ctx.pixels_per_point();
        self.pending.retain_mut(|pending| match pending.advance(ctx) {
            None => true,
            Some(image) => {
                done.push(pending.cut(&image, pixels_per_point));
                false
            }
        });
        if !self.pending.is_empty() {
            ctx.request_repaint();
        }
        done
    }

    /// Writes the files that became ready to the folder `exports` and returns notices. Call once per frame.
    pub fn frame(&mut self, ctx: &Context) -> Vec<Notice> {
        self.frame_into(ctx, std::path::Path::new("exports"))
    }

    /// Like [`frame`](Self::frame), with another folder, which is created if missing.
    pub fn frame_into(&mut self, ctx: &Context, folder: &std::path::Path) -> Vec<Notice> {
        let keep = |file: Result<File, Notice>| match file.map(|file| (write(&file, folder), file)) {
            Ok((Ok(path), _)) => Notice { level: Level::Good, text: format!("Exported {}", path.display()) },
            Ok((Err(error), file)) => Notice {
                level: Level::Bad,
                text: format!(
                    "Could not write {}.{} to {}: {error}. Check that the folder is writable.",
                    file.stem,
                    file.extension,
                    folder.display()
                ),
            },
            Err(notice) => notice,
        };
        self.take(ctx).into_iter().map(keep).collect()
    }
}

impl Pending {
    /// Requests the screenshot when the menu has closed; returns it when it has arrived.
    fn advance(&mut self, ctx: &Context) -> Option<Arc<ColorImage>> {
        if self.wait > 0 {
            self.wait -= 1;
            return None;
        }
        let Some(picture) = &self.picture else {
            let picture = Picture::default();
            self.picture = Some(picture.clone());
            let ctx = ctx.clone();
            ctx.clone().request_screenshot(move |image| {
                *picture.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
                ctx.request_repaint();
            });
            return None;
        };
        picture.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn cut(&self, image: &ColorImage, pixels_per_point: f32) -> Result<File, Notice> {
        let window = Rect::from_min_size(
            eframe::egui::Pos2::ZERO,
            eframe::egui::vec2(side(image.size[0]), side(image.size[1])) / pixels_per_point,
        );
        let rect = self.rect.intersect(window);
        let bad = |text: String| Notice { level: Level::Bad, text };
        if !rect.is_positive() {
            return Err(bad(format!(
                "Could not make a PNG of {}: it is no longer visible. Show it and try again.",
                self.stem
            )));
        }
        let part = image.region(&rect, Some(pixels_per_point));
        let bytes = png(&part)
            .map_err(|error| bad(format!("Could not make a PNG of {}: {error}. Try SVG instead.", self.stem)))?;
        Ok(File { stem: self.stem.clone(), extension: "png", bytes })
    }
}

#[allow(clippy::cast_precision_loss, reason = "pixels of a window")]
fn side(pixels: usize) -> f32 {
    pixels as f32
}

fn png(image: &ColorImage) -> Result<Vec<u8>, image::ImageError> {
    let side = |index: usize| u32::try_from(image.size[index]).unwrap_or(u32::MAX);
    let pixels: Vec<u8> = image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut bytes,
        &pixels,
        side(0),
        side(1),
        image::ExtendedColorType::Rgb8,
        image::ImageFormat::Png,
    )?;
    Ok(bytes.into_inner())
}

/// Converts a title to a part of a file name: small letters, digits and dashes.
#[must_use]
pub fn stem(title: &str) -> String {
    let title = title.replace('Δ', "delta-").to_lowercase();
    let letters = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let text: String = letters.collect();
    let words: Vec<&str> = text.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "plot".into() } else { words.join("-") }
}

/// Writes a file named by its stem and the time, with a number if that is taken.
fn write(file: &File, folder: &std::path::Path) -> std::io::Result<std::path::PathBuf> {
    vfs::create_dir_all(folder)?;
    let now = now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let base = format!("{}-{}", file.stem, stamp(now));
    for number in 1_u32.. {
        let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        let path = folder.join(format!("{name}.{}", file.extension));
        let mut options = vfs::OpenOptions::new();
        match options.write(true).create_new(true).open(&path) {
            Ok(mut open) => {
                std::io::Write::write_all(&mut open, &file.bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other("all names are taken"))
}

/// Formats seconds since 1970 as `20261121-190312`, in UTC.
fn stamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of the year 0, so that leap days come last (Hinnant, "chrono-compatible low-level
    // date algorithms").
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, era * 400 + year) } else { (month - 9, era * 400 + year + 1) };
    format!("{year:04}{month:02}{date:02}-{:02}{:02}{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::{stamp, stem};

    #[test]
    fn titles_become_file_names() {
        assert_eq!(
            stem("ΔQ over training: what planning still adds"),
            "delta-q-over-training-what-planning-still-adds"
        );
        assert_eq!(stem("?!"), "plot");
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(stamp(0), "19700101-000000");
        assert_eq!(stamp(951_782_400 + 86_399), "20000229-235959");
        assert_eq!(stamp(1_795_287_792), "20261121-190312");
    }
}
