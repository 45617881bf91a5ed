// What the lab cannot do without.

// (func (result v128) i32.const 0  i8x16.splat  i8x16.popcnt)
const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

// (func (result v128)  (f32x4.relaxed_madd  (i8x16.splat (i32.const 0))  three times over)
const zero = [65, 0, 253, 15];
const relaxed_simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, ...zero, ...zero, ...zero, 253, 133, 2, 11];

const accepts = (module) => WebAssembly.validate(new Uint8Array(module));

function has_simd() {
  return typeof WebAssembly === "object" && accepts(simd);
}

/** Whether the browser multiplies and adds in one instruction. */
export function has_relaxed_simd() {
  return accepts(relaxed_simd);
}

function has_webgl2() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** What is missing and what to do, as sentences for the reader; null where nothing is. */
export function missing() {
  if (!has_simd()) {
    return "The lab computes with WebAssembly and its vector instructions, which this browser does not have or has switched off. Chrome and Edge from 91, Firefox from 89 and Safari from 16.4 have them.";
  }
  if (!has_webgl2()) {
    return "The lab draws with WebGL 2, which this browser does not offer here. It may be switched off in the settings, or the graphics driver may be blocked; \"hardware acceleration\" in the settings often brings it back.";
  }
  return null;
}
