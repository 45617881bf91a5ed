//! Integration into egui's window: draws a scene before egui's pass, and paints the picture in it.

use std::collections::HashMap;
use std::sync::Arc;

use bootstride_render::{COLOUR, Handle, PictureSize, Renderer, Scene, Show, Target};
use eframe::egui::{self, PaintCallbackInfo};
use eframe::egui_wgpu::{self, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use eframe::wgpu;

/// Number of preparations after which a view that is no longer drawn is released.
const FORGOTTEN_AFTER: u64 = 600;

/// Texture format of egui's window.
struct WindowFormat(wgpu::TextureFormat);

/// State with the lifetime of egui's renderer.
struct Resources {
    renderer: Renderer,
    show: Show,
    views: HashMap<u64, Shown>,
    round: u64,
}

struct Shown {
    target: Target,
    bind: Option<wgpu::BindGroup>,
    size: [u32; 2],
    last: u64,
}

/// Sets the texture format of the window. To be called once when the lab opens; without it, the 8-bit format of egui's
/// tests is assumed.
pub fn attach(state: &RenderState) {
    state.renderer.write().callback_resources.insert(WindowFormat(state.target_format));
}

/// Draws one scene into one rectangle.
#[derive(Debug)]
pub struct WorldCallback {
    view: u64,
    rect: egui::Rect,
    scene: Arc<Scene>,
    handle: Handle,
}

impl WorldCallback {
    /// Returns the shape to paint: `view` distinguishes worlds that are shown at the same time; `handle` receives the
    /// device.
    pub fn shape(view: u64, rect: egui::Rect, scene: Arc<Scene>, handle: &Handle) -> egui::Shape {
        let callback = Self { view, rect, scene, handle: handle.clone() };
        egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, callback))
    }

    /// Returns the size on the screen, rounded as egui does.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of a window")]
    fn size(&self, scale: f32) -> PictureSize {
        let side = |low: f32, high: f32| ((high * scale).round() - (low * scale).round()).max(1.0) as u32;
        let pixels = [side(self.rect.left(), self.rect.right()), side(self.rect.top(), self.rect.bottom())];
        PictureSize { pixels, scale }
    }
}

impl CallbackTrait for WorldCallback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        self.handle.learn(device, queue, resources.contains::<WindowFormat>());
        if !resources.contains::<Resources>() {
            let format = resources.get::<WindowFormat>().map_or(COLOUR, |format| format.0);
            let (renderer, show) = (Renderer::new(device, queue), Show::new(device, format));
            resources.insert(Resources { renderer, show, views: HashMap::new(), round: 0 });
        }
        let Some(Resources { renderer, show, views, round }) = resources.get_mut::<Resources>() else {
            return Vec::new();
        };
        *round += 1;
        views.retain(|_, shown| *round - shown.last < FORGOTTEN_AFTER);
        let shown = views.entry(self.view).or_insert_with(|| Shown {
            target: renderer.target(device),
            bind: None,
            size: [0; 2],
            last: 0,
        });
        let size = self.size(screen.pixels_per_point);
        renderer.render(device, queue, encoder, &mut shown.target, &self.scene, size);
        if shown.bind.is_none() || shown.size != size.pixels {
            shown.bind = shown.target.view().map(|view| show.bind(device, view));
            shown.size = size.pixels;
        }
        shown.last = *round;
        Vec::new()
    }

    fn paint(&self, _: PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        let Some(resources) = resources.get::<Resources>() else { return };
        let bind = resources.views.get(&self.view).and_then(|shown| shown.bind.as_ref());
        if let Some(bind) = bind {
            resources.show.paint(pass, bind);
        }
    }
}
