//! The calls of the DevTools protocol that are used here, with JSON for what they take and give: the typed ones of the
//! library have to name every field that a call could have, and break with each that a newer browser adds.

use headless_chrome::protocol::cdp::types::Method;
use serde::Serialize;
use serde_json::Value;

macro_rules! calls {
    ($($name:ident = $text:literal;)*) => {$(
        #[derive(Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Value);

        impl Method for $name {
            const NAME: &'static str = $text;
            type ReturnObject = Value;
        }
    )*};
}

calls! {
    AddScript = "Page.addScriptToEvaluateOnNewDocument";
    AutoAttach = "Target.setAutoAttach";
    BringToFront = "Page.bringToFront";
    CreateTarget = "Target.createTarget";
    DisableScripts = "Emulation.setScriptExecutionDisabled";
    DispatchDrag = "Input.dispatchDragEvent";
    DispatchKey = "Input.dispatchKeyEvent";
    DispatchMouse = "Input.dispatchMouseEvent";
    DispatchTouch = "Input.dispatchTouchEvent";
    DownloadBehaviour = "Browser.setDownloadBehavior";
    EmulateMedia = "Emulation.setEmulatedMedia";
    Evaluate = "Runtime.evaluate";
    GrantPermissions = "Browser.grantPermissions";
    InsertText = "Input.insertText";
    InterceptFileChooser = "Page.setInterceptFileChooserDialog";
    LogEnable = "Log.enable";
    Navigate = "Page.navigate";
    NetworkConditions = "Network.emulateNetworkConditions";
    NetworkEnable = "Network.enable";
    OverrideQuota = "Storage.overrideQuotaForOrigin";
    Reload = "Page.reload";
    RuntimeEnable = "Runtime.enable";
    SendToTarget = "Target.sendMessageToTarget";
    SetDeviceMetrics = "Emulation.setDeviceMetricsOverride";
    SetFileInputFiles = "DOM.setFileInputFiles";
    SetTouchEmulation = "Emulation.setTouchEmulationEnabled";
}
