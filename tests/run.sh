#!/usr/bin/env bash
# Sets up what the tests need and runs all of them: formatting, lints, the browser build of core, unit and end-to-end
# tests. Works on a bare Debian or Ubuntu machine with Rust (https://rustup.rs); elsewhere it takes what is there.
#
#   tests/run.sh            everything
#   tests/run.sh NAME ...   the same, with these arguments for `cargo test`
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/bootstride/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"
skipped=()

step() { printf '\n== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Tests on a GPU run on Mesa's software adapter where there is no GPU.
have_vulkan() {
    { PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true; } | grep -q 'libvulkan\.so\.1' &&
        { compgen -G '/usr/share/vulkan/icd.d/*.json' || compgen -G '/etc/vulkan/icd.d/*.json'; } >/dev/null
}

# The window is tested under a virtual display, operated with xdotool. The libraries are those that a window loads when it
# is opened: the binary itself is not linked with them.
have_display() {
    command -v Xvfb >/dev/null && command -v xdotool >/dev/null || return 1
    local libraries library
    libraries="$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true)"
    for library in libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6 libxkbcommon.so.0 libxkbcommon-x11.so.0; do
        [[ "$libraries" == *"$library"* ]] || return 1
    done
}

# The page is tested in a real browser, without a window.
have_chromium() {
    [ -n "${CHROME:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

install_packages() {
    command -v apt-get >/dev/null || return 1
    as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
}

if ! command -v cargo >/dev/null; then
    echo "error: cargo is not installed; get Rust from https://rustup.rs" >&2
    exit 2
fi

if [ "$(uname)" = Linux ] && ! have_vulkan; then
    step "installing a software GPU (libvulkan1, mesa-vulkan-drivers)"
    install_packages libvulkan1 mesa-vulkan-drivers || true
    have_vulkan || skipped+=("tests on a GPU adapter: no Vulkan driver, and it could not be installed")
fi

if [ "$(uname)" = Linux ] && ! have_display; then
    step "installing a virtual display (xvfb, xdotool, libraries of X11)"
    install_packages xvfb xdotool libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon0 libxkbcommon-x11-0 || true
    have_display || skipped+=("tests of the lab's window: no Xvfb, xdotool or library of X11, and they could not be installed")
fi

if [ "$(uname)" = Linux ] && ! have_chromium; then
    step "installing a browser (chromium)"
    install_packages chromium || true
fi
have_chromium || skipped+=("tests of the page: no Chromium, and it could not be installed")

have_wasm() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; }

if ! have_wasm && command -v rustup >/dev/null; then
    step "installing the wasm32-unknown-unknown target"
    rustup target add wasm32-unknown-unknown || true
fi

step "formatting"
cargo fmt --all --check

step "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings

if have_wasm; then
    step "core for the browser"
    cargo check --locked -p bootstride-core --target wasm32-unknown-unknown
else
    skipped+=("the browser build of core: no wasm32-unknown-unknown target, and it could not be installed")
fi

if [ "${#skipped[@]}" -gt 0 ]; then
    step "skipped"
    printf '   %s\n' "${skipped[@]}"
fi

step "tests"
cargo test --locked --workspace "$@"
