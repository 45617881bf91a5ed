// Brings the lab up: checks what the browser has, loads the module while it compiles, starts it, and says what went wrong
// where something did. The page's state is kept on the root element: loading, starting, running or failed,
// and absent where watch.js tells that a part did not arrive.

import { has_relaxed_simd, missing } from "./needs.js";

const root = document.documentElement;
const part = (id) => document.getElementById(id);
const build = JSON.parse(part("bootstride-build").textContent);
const address = (file) => new URL(file, document.baseURI).href;

/** Shows what broke, over everything. The first message stays: what comes after is mostly its consequence. */
function show_broken(title, advice, details) {
  if (!part("broken").hidden) return;
  root.dataset.state = "failed";
  part("broken-title").textContent = title;
  part("broken-advice").textContent = advice;
  part("broken-details").textContent = details;
  part("copy").hidden = details === "";
  part("broken").hidden = false;
  part("reload").focus();
}

part("reload").addEventListener("click", () => location.reload());
part("copy").addEventListener("click", async () => {
  const details = part("broken-details");
  const about = `${part("broken-title").textContent}\n${details.textContent}\n${build.version}, ${navigator.userAgent}\n`;
  try {
    await navigator.clipboard.writeText(about);
    part("copy").textContent = "Copied";
  } catch {
    // The clipboard is closed to pages without TLS and to some frames: then the text is at least selected.
    getSelection().selectAllChildren(details);
  }
});

const reason = (error) => String(error?.message ?? error);

/** The panic hook of the module calls this with the message and the place. */
globalThis.bootstride_panic = (text) => {
  console.error(text);
  show_broken("The page broke", "This is a mistake in the program. Reloading brings it back.", text);
};

// A module that ran out of memory or of stack traps without a panic.
const on_trap = (error) => {
  if (error instanceof WebAssembly.RuntimeError) globalThis.bootstride_panic(reason(error));
};
addEventListener("error", (event) => on_trap(event.error));
addEventListener("unhandledrejection", (event) => on_trap(event.reason));

/** Passes the bytes of `response` on and says how many came. The server may compress: then the header counts others. */
function counted(response, on_bytes) {
  const counter = new TransformStream({
    transform(chunk, out) {
      on_bytes(chunk.byteLength);
      out.enqueue(chunk);
    },
  });
  const headers = { "content-type": "application/wasm" };
  return new Response(response.body.pipeThrough(counter), { headers });
}

/** On emulated screens, as those of the browser's own tools, observers count the pixels of the real one: there the lab would be drawn small and shown blurred and huge. */
function count_emulated_pixels() {
  const proto = ResizeObserverEntry.prototype;
  const counted = Object.getOwnPropertyDescriptor(proto, "devicePixelContentBoxSize")?.get;
  if (!counted) return;
  const get = function () {
    const { width, height } = this.contentRect;
    const told = counted.call(this);
    const inlineSize = Math.round(width * devicePixelRatio);
    const blockSize = Math.round(height * devicePixelRatio);
    // Elsewhere it differs by a pixel at most, and knows better.
    if (Math.abs(told[0].inlineSize - inlineSize) <= 2) return told;
    return [Object.create(ResizeObserverSize.prototype, { inlineSize: { value: inlineSize }, blockSize: { value: blockSize } })];
  };
  Object.defineProperty(proto, "devicePixelContentBoxSize", { get });
}

/** Whether the processor has to draw, for want of a GPU. */
function draws_in_software() {
  const context = document.createElement("canvas").getContext("webgl2");
  const info = context?.getExtension("WEBGL_debug_renderer_info");
  const name = String(context?.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

/** egui's shader asks at every pixel which of two filters it should use, and a processor computes both: a frame takes it three times as long as with the answer, which is always the same. */
function answer_for_shaders() {
  const proto = WebGL2RenderingContext.prototype;
  const { shaderSource } = proto;
  proto.shaderSource = function (shader, source) {
    shaderSource.call(this, shader, source.replace("_group_0_binding_0_fs.predictable_texture_filtering", "0u"));
  };
}

/** Does `start` without letting it take the focus, which in a frame is the reader's of the page around: the field that takes what is typed asks for it when it comes. */
async function without_focus(start) {
  const proto = HTMLElement.prototype;
  const { focus } = proto;
  proto.focus = () => {};
  try {
    await start();
  } finally {
    proto.focus = focus;
  }
}

function show_progress(share) {
  const percent = Math.min(99, Math.floor(share * 100));
  part("bar").style.setProperty("--done", share);
  part("bar").setAttribute("aria-valuenow", percent);
  part("progress").textContent = `Loading the lab: ${percent} %`;
}

/** The module, compiled while it downloads. */
async function load_module() {
  const file = has_relaxed_simd() ? build.wasm : build.plain;
  const response = await fetch(address(file));
  if (!response.ok) throw new Error(`${file}: the server answered ${response.status} ${response.statusText}`);
  let arrived = 0;
  const body = counted(response, (bytes) => {
    arrived += bytes;
    show_progress(arrived / build.wasm_bytes);
  });
  return WebAssembly.compileStreaming(body);
}

/** Whether this tab keeps the runs: two that wrote into one storage would spoil each other's. The lock goes with the tab. */
function claim_storage() {
  if (!navigator.locks) return true;
  return new Promise((answer) => {
    const hold = (lock) => {
      answer(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    };
    navigator.locks.request("bootstride runs", { ifAvailable: true }, hold).catch(() => answer(true));
  });
}

/** The same; a tab that is being reloaded may not have let go yet. */
async function keeps_runs() {
  // A figure in a lesson keeps nothing.
  if (new URLSearchParams(location.search).has("embed")) return false;
  if (await claim_storage()) return true;
  await new Promise((later) => setTimeout(later, 1000));
  return claim_storage();
}

async function boot() {
  const lack = missing();
  if (lack) {
    show_broken("This browser cannot run the lab", lack, "");
    return;
  }

  const js_url = address(build.js);
  let module, glue;
  try {
    [module, glue] = await Promise.all([load_module(), import(js_url)]);
  } catch (error) {
    const advice = "Part of the page did not arrive. Check the connection and try again.";
    show_broken("The lab did not load", advice, reason(error));
    return;
  }
  performance.mark("bootstride-loaded");

  root.dataset.state = "starting";
  part("progress").textContent = "Starting";
  part("bar").style.setProperty("--done", 1);
  // One frame, so that it is seen: the start keeps this thread busy. A hidden page draws none, and need not wait.
  if (!document.hidden) await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));

  const canvas = part("lab");
  try {
    count_emulated_pixels();
    const in_software = draws_in_software();
    if (in_software) answer_for_shaders();
    await glue.default({ module_or_path: module });
    canvas.addEventListener("webglcontextlost", () => {
      show_broken("The drawing was lost", "The browser took the graphics away from this page.", "WebGL context lost");
    });
    // For lessons and tests that read what the lab shows, or operate it.
    const { lab_state, lab_command, physics_hash } = glue;
    globalThis.bootstride = { lab_state, lab_command, physics_hash };
    const start = async () => glue.start_page(canvas, {
      module,
      js_url,
      worker_url: address(build.worker),
      build,
      keeps: await keeps_runs(),
      again: performance.getEntriesByType("navigation")[0]?.type === "reload",
      draws_in_software: in_software,
    });
    await (self === top ? start() : without_focus(start));
  } catch (error) {
    show_broken("The lab did not start", "Reloading may help; if not, please report this.", reason(error));
    return;
  }
  if (root.dataset.state === "failed") return;
  performance.mark("bootstride-running");
  root.dataset.state = "running";
  // In a frame of another page, the reader's focus is theirs.
  if (self === top) canvas.focus({ preventScroll: true });
  setTimeout(() => part("loading").remove(), 400);
}

boot();
