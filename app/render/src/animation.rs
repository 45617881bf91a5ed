//! Animated GIFs of rendered pictures. Only pixels that have changed are encoded: a body moves in front of a background
//! that hardly changes, so a film becomes several times smaller.

use std::io::Write;

use color_quant::NeuQuant;
use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};
use image::RgbaImage;

/// Colours of a frame. One more index stands for pixels that are not encoded, which makes 6 bits per pixel.
const COLOURS: usize = 63;

/// The palette index of pixels that are not encoded.
const UNCHANGED: u8 = 63;

/// Largest change of a colour channel that is not encoded.
const UNSEEN: u8 = 8;

/// Effort of choosing the colours: 1 is best, 30 is fastest.
const SPEED: i32 = 1;

/// How often vivid pixels count when the colours are chosen. The planner's paths are vivid but thin: counted once,
/// their colours would be lost among the greys of the body and the ground.
const VIVID_COUNT: usize = 12;

/// Smallest difference between the channels of a vivid pixel.
const VIVID: u8 = 60;

/// Writes an animated GIF that repeats forever, frame by frame.
pub struct Animation<W: Write> {
    encoder: Encoder<W>,
    size: [u16; 2],
    /// Time between two frames in hundredths of a second.
    delay: u16,
    /// The picture after the frames written so far; empty before the first.
    shown: Vec<[u8; 3]>,
}

impl<W: Write> Animation<W> {
    /// Starts an animation of this size in pixels with this time between two frames in hundredths of a second.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(out: W, size: [u16; 2], delay: u16) -> Result<Self, EncodingError> {
        let mut encoder = Encoder::new(out, size[0], size[1], &[])?;
        encoder.set_repeat(Repeat::Infinite)?;
        Ok(Self { encoder, size, delay, shown: Vec::new() })
    }

    /// Writes the next frame.
    ///
    /// # Errors
    /// If it cannot be written, or is of another size.
    pub fn add(&mut self, picture: &RgbaImage) -> Result<(), EncodingError> {
        let width = usize::from(self.size[0]);
        let pixels: Vec<[u8; 3]> = picture.pixels().map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect();
        if picture.dimensions() != (self.size[0].into(), self.size[1].into()) {
            return Err(EncodingError::from(std::io::Error::other("the frame has another size than the animation")));
        }
        let differs = |(new, old): (&[u8; 3], &[u8; 3])| (0..3).any(|i| new[i].abs_diff(old[i]) > UNSEEN);
        let changed: Vec<bool> = if self.shown.is_empty() {
            vec![true; pixels.len()]
        } else {
            pixels.iter().zip(&self.shown).map(differs).collect()
        };
        self.shown.resize(pixels.len(), [0; 3]);
        let [columns, rows] = bounds(&changed, width);
        let mut opaque = Vec::new();
        for (pixel, _) in pixels.iter().zip(&changed).filter(|(_, changed)| **changed) {
            let [r, g, b] = *pixel;
            let count = if r.max(g).max(b) - r.min(g).min(b) >= VIVID { VIVID_COUNT } else { 1 };
            for _ in 0..count {
                opaque.extend([r, g, b, 255]);
            }
        }
        let quantizer = (!opaque.is_empty()).then(|| NeuQuant::new(SPEED, COLOURS, &opaque));
        let mut palette = quantizer.as_ref().map(NeuQuant::color_map_rgb).unwrap_or_default();
        palette.resize(3 * (COLOURS + 1), 0);
        let mut buffer = Vec::with_capacity(columns.len() * rows.len());
        for at in rows.clone().flat_map(|row| columns.clone().map(move |column| row * width + column)) {
            let index = match &quantizer {
                Some(quantizer) if changed[at] => {
                    let [r, g, b] = pixels[at];
                    quantizer.index_of(&[r, g, b, 255])
                }
                _ => usize::from(UNCHANGED),
            };
            if changed[at] {
                self.shown[at].copy_from_slice(&palette[3 * index..3 * index + 3]);
            }
            buffer.push(u8::try_from(index).unwrap_or(UNCHANGED));
        }
        let side = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        self.encoder.write_frame(&Frame {
            delay: self.delay,
            dispose: DisposalMethod::Keep,
            transparent: Some(UNCHANGED),
            left: side(columns.start),
            top: side(rows.start),
            width: side(columns.len()),
            height: side(rows.len()),
            palette: Some(palette),
            buffer: buffer.into(),
            ..Frame::default()
        })
    }
}

/// Returns the columns and rows of the smallest rectangle with all changed pixels; of one pixel if there are none.
fn bounds(changed: &[bool], width: usize) -> [std::ops::Range<usize>; 2] {
    let places = || changed.iter().enumerate().filter(|(_, changed)| **changed).map(|(at, _)| [at % width, at / width]);
    [0, 1].map(|axis| {
        let low = places().map(|place| place[axis]).min().unwrap_or(0);
        low..places().map(|place| place[axis]).max().unwrap_or(0) + 1
    })
}

#[cfg(test)]
mod tests {
    use image::codecs::gif::GifDecoder;
    use image::{AnimationDecoder as _, Rgba};

    use super::*;

    /// A grey picture with a bright square of 3 x 3 pixels at this place.
    fn picture(place: u32) -> RgbaImage {
        let inside = |at: u32, low: u32| (low..low + 3).contains(&at);
        RgbaImage::from_fn(16, 12, |x, y| {
            if inside(x, place) && inside(y, 4) { Rgba([230, 40, 180, 255]) } else { Rgba([40, 44, 50, 255]) }
        })
    }

    fn written(pictures: &[RgbaImage]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut animation = Animation::new(&mut bytes, [16, 12], 8).unwrap();
        for picture in pictures {
            animation.add(picture).unwrap();
        }
        drop(animation);
        bytes
    }

    #[test]
    fn frames_are_shown_as_drawn_and_what_is_still_costs_next_to_nothing() {
        let pictures: Vec<_> = [2, 5, 5, 9].into_iter().map(picture).collect();
        let bytes = written(&pictures);
        let frames = GifDecoder::new(std::io::Cursor::new(&bytes)).unwrap().into_frames().collect_frames().unwrap();
        assert_eq!(frames.len(), 4);
        for (frame, picture) in frames.iter().zip(&pictures) {
            assert_eq!(frame.delay().numer_denom_ms(), (80, 1));
            for (shown, drawn) in frame.buffer().pixels().zip(picture.pixels()) {
                let off = (0..4).map(|i| shown.0[i].abs_diff(drawn.0[i])).max();
                assert!(off <= Some(2 * UNSEEN), "{shown:?} instead of {drawn:?}");
            }
        }
        let still = written(&vec![picture(2); 10]).len() - written(&vec![picture(2); 9]).len();
        assert!(still < 3 * (COLOURS + 1) + 40, "{still} bytes");
    }

    #[test]
    fn a_frame_of_another_size_is_refused() {
        let mut animation = Animation::new(Vec::new(), [16, 12], 8).unwrap();
        for (width, height) in [(12, 16), (16, 11)] {
            assert!(animation.add(&RgbaImage::new(width, height)).is_err());
        }
    }
}
