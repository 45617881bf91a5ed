//! Input to a page: mouse, touch, keys, files, and the size of the screen.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use headless_chrome::protocol::cdp::types::Event;
use serde_json::{Value, json};

use super::page::Page;
use super::protocol::{
    DisableScripts, DispatchDrag, DispatchKey, DispatchMouse, DispatchTouch, DownloadBehaviour, EmulateMedia,
    InsertText, InterceptFileChooser, NetworkConditions, NetworkEnable, OverrideQuota, SetDeviceMetrics,
    SetFileInputFiles, SetTouchEmulation,
};

/// A place in the window, points.
type Point = (f64, f64);

/// `a` moved to `b` by `share`.
fn between(a: Point, b: Point, share: f64) -> Point {
    (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
}

/// Shares of a movement in so many steps.
fn steps(count: u32) -> impl Iterator<Item = f64> {
    (1..=count).map(move |step| f64::from(step) / f64::from(count))
}

impl Page {
    fn mouse(&self, kind: &str, at: Point, more: Value) {
        let mut params = json!({"type": kind, "x": at.0, "y": at.1});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.tab.call_method(DispatchMouse(params)).unwrap();
    }

    /// Moves the pointer.
    pub fn point(&self, at: Point) {
        self.mouse("mouseMoved", at, json!({}));
    }

    /// Clicks.
    pub fn click(&self, at: Point) {
        self.point(at);
        self.mouse("mousePressed", at, json!({"button": "left", "buttons": 1, "clickCount": 1}));
        self.mouse("mouseReleased", at, json!({"button": "left", "clickCount": 1}));
    }

    /// Clicks the middle of the element that `selector` finds.
    pub fn click_element(&self, selector: &str) {
        let selector = json!(selector);
        let js = format!(
            "(({{x, y, width, height}}) => [x + width / 2, y + height / 2])(document.querySelector({selector})\
             .getBoundingClientRect())"
        );
        let at: (f64, f64) = serde_json::from_value(self.evaluate(&js)).unwrap();
        self.click(at);
    }

    /// Drags with the left button.
    pub fn drag(&self, from: Point, to: Point) {
        self.point(from);
        self.mouse("mousePressed", from, json!({"button": "left", "buttons": 1, "clickCount": 1}));
        for share in steps(8) {
            self.mouse("mouseMoved", between(from, to, share), json!({"button": "left", "buttons": 1}));
        }
        self.mouse("mouseReleased", to, json!({"button": "left", "clickCount": 1}));
    }

    /// Turns the wheel, points.
    pub fn wheel(&self, at: Point, down: f64) {
        self.mouse("mouseWheel", at, json!({"deltaX": 0.0, "deltaY": down}));
    }

    fn touch(&self, kind: &str, fingers: &[Point]) {
        let points = fingers.iter().zip(0..).map(|(at, id)| json!({"x": at.0, "y": at.1, "id": id}));
        let params = json!({"type": kind, "touchPoints": points.collect::<Vec<_>>()});
        self.tab.call_method(DispatchTouch(params)).unwrap();
    }

    /// Taps with a finger.
    pub fn tap(&self, at: Point) {
        self.touch("touchStart", &[at]);
        self.touch("touchEnd", &[]);
    }

    /// Moves a finger over the page.
    pub fn swipe(&self, from: Point, to: Point) {
        self.touch("touchStart", &[from]);
        for share in steps(8) {
            self.touch("touchMove", &[between(from, to, share)]);
        }
        self.touch("touchEnd", &[]);
    }

    /// Moves two fingers, each from and to a place.
    pub fn two_fingers(&self, first: (Point, Point), second: (Point, Point)) {
        self.touch("touchStart", &[first.0, second.0]);
        for share in steps(8) {
            self.touch("touchMove", &[between(first.0, first.1, share), between(second.0, second.1, share)]);
        }
        self.touch("touchEnd", &[]);
    }

    /// Presses a key that writes nothing, by its name in the web's standards: `Enter`, `Escape`, `ArrowLeft`; or one
    /// letter.
    pub fn key(&self, name: &str) {
        let text = if name.chars().count() == 1 { json!({"text": name}) } else { json!({}) };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": name});
            if kind == "keyDown" {
                params.as_object_mut().unwrap().extend(text.as_object().unwrap().clone());
            }
            self.tab.call_method(DispatchKey(params)).unwrap();
        }
    }

    /// Writes where the cursor is.
    pub fn write(&self, text: &str) {
        self.tab.call_method(InsertText(json!({"text": text}))).unwrap();
    }

    /// Gives the window another size, points, as on a screen with so many pixels to a point.
    pub fn resize(&self, width: u32, height: u32, pixels_per_point: f64) {
        let params = json!({"width": width, "height": height, "deviceScaleFactor": pixels_per_point, "mobile": false});
        self.tab.call_method(SetDeviceMetrics(params)).unwrap();
    }

    /// Turns it into a phone of 390 x 844 points with a screen for fingers.
    pub fn as_phone(&self) {
        let params = json!({"width": 390, "height": 844, "deviceScaleFactor": 3, "mobile": true});
        self.tab.call_method(SetDeviceMetrics(params)).unwrap();
        self.tab.call_method(SetTouchEmulation(json!({"enabled": true, "maxTouchPoints": 5}))).unwrap();
    }

    /// What a reader prefers: `prefers-color-scheme` as `light` or `dark`, for instance.
    pub fn prefers(&self, feature: &str, value: &str) {
        let params = json!({"features": [{"name": feature, "value": value}]});
        self.tab.call_method(EmulateMedia(params)).unwrap();
    }

    /// Lets no more than so many bytes a second through.
    pub fn slow_down(&self, bytes_per_second: u32) {
        let params =
            json!({"offline": false, "latency": 0, "downloadThroughput": bytes_per_second, "uploadThroughput": -1});
        self.tab.call_method(NetworkEnable(json!({}))).unwrap();
        self.tab.call_method(NetworkConditions(params)).unwrap();
    }

    /// Runs no script of any page; the test's own questions are answered.
    pub fn without_scripts(&self) {
        self.tab.call_method(DisableScripts(json!({"value": true}))).unwrap();
    }

    /// Cuts the network off, or brings it back.
    pub fn offline(&self, off: bool) {
        let params = json!({"offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.tab.call_method(NetworkEnable(json!({}))).unwrap();
        self.tab.call_method(NetworkConditions(params)).unwrap();
    }

    /// Lets the page keep no more than so many bytes; none brings the usual limit back.
    pub fn quota(&self, origin: &str, bytes: Option<u32>) {
        let params =
            bytes.map_or_else(|| json!({"origin": origin}), |bytes| json!({"origin": origin, "quotaSize": bytes}));
        self.tab.call_method(OverrideQuota(params)).unwrap();
    }

    /// Answers the chooser of files that `action` opens.
    pub fn choose_files(&self, files: &[&Path], action: impl FnOnce()) {
        self.tab.call_method(InterceptFileChooser(json!({"enabled": true}))).unwrap();
        let (opened, chooser) = mpsc::channel();
        let listener = self.tab.add_event_listener(std::sync::Arc::new(move |event: &Event| {
            if let Event::PageFileChooserOpened(event) = event {
                // The first chooser is answered; a second one is a mistake that the page's test sees.
                let _later = opened.send(event.params.backend_node_id);
            }
        }));
        action();
        let node = chooser.recv_timeout(Duration::from_secs(20)).expect("a chooser of files opens");
        self.tab.call_method(SetFileInputFiles(json!({"files": files, "backendNodeId": node}))).unwrap();
        self.tab.remove_event_listener(&listener.unwrap()).unwrap();
        self.tab.call_method(InterceptFileChooser(json!({"enabled": false}))).unwrap();
    }

    /// Drops files on the page.
    pub fn drop_files(&self, at: Point, files: &[&Path]) {
        let data = json!({"items": [], "files": files, "dragOperationsMask": 1});
        for kind in ["dragEnter", "dragOver", "drop"] {
            let params = json!({"type": kind, "x": at.0, "y": at.1, "data": data});
            self.tab.call_method(DispatchDrag(params)).unwrap();
        }
    }

    /// Lets downloads go into `folder`, without asking.
    pub fn download_to(&self, folder: &Path) {
        let params = json!({"behavior": "allow", "downloadPath": folder});
        self.tab.call_method(DownloadBehaviour(params)).unwrap();
    }
}
