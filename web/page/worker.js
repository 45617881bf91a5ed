// The worker: takes the compiled module, starts the engine in it, and hands on what was said to it meanwhile.

const failed = (error) => self.postMessage({ failed: String(error?.stack ?? error) });

/** The panic hook of the module calls this with the message and the place. */
globalThis.bootstride_panic = failed;

// A module that runs out of memory or of stack traps without a panic, in whatever it was doing; nothing in it goes on then.
const on_trap = (error) => {
  if (error instanceof WebAssembly.RuntimeError) failed(`${error.message} (out of memory, most likely)`);
};
self.addEventListener("error", (event) => on_trap(event.error));
self.addEventListener("unhandledrejection", (event) => on_trap(event.reason));

const waiting = [];

/** Is asked before any handler that the module sets, so nothing is heard twice. */
function hold(event) {
  event.stopImmediatePropagation();
  waiting.push(event);
}

async function start({ data: { module, js_url } }) {
  try {
    const glue = await import(js_url);
    await glue.default({ module_or_path: module });
    await glue.start_worker();
  } catch (error) {
    failed(error);
    return;
  }
  self.removeEventListener("message", hold);
  for (const { data, ports } of waiting) {
    self.dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
  }
}

self.addEventListener(
  "message",
  (event) => {
    event.stopImmediatePropagation();
    self.addEventListener("message", hold);
    start(event);
  },
  { once: true },
);
