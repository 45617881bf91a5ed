#!/usr/bin/env bash
# Sets up what the tests need and runs all of them: formatting, lints, documentation, unit and end-to-end tests, for which
# the page's module is compiled too. Works on a bare Debian or Ubuntu machine with Rust (https://rustup.rs); elsewhere it
# takes what is there.
#
#   tests/run.sh                  everything
#   tests/run.sh NAME ...         the same, with these arguments for `cargo test`
#   tests/run.sh --fresh [TIMES]  only the property tests, with TIMES as many cases as usual (50), drawn from a new seed
#
# It ends with the time of each step, and with how many tests were skipped and why. A test that cannot run on this computer
# passes, and its own message is not shown.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/bootstride/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"
skipped=()
steps=()

# The step that begins, and the time of the one that ends.
step() {
    local now=$SECONDS
    [ -z "${current:-}" ] || steps+=("$(printf '%6d s  %s' $((now - began)) "$current")")
    current="$*" began=$now
    [ -z "$current" ] || printf '\n== %s\n' "$current"
}

skipped_tests() { [ "$1" = 1 ] && echo "1 test skipped" || echo "$1 tests skipped"; }

# Whatever comes: the times, and what was skipped. Does not change the exit code.
summary() {
    local code=$? failed="${current:-}"
    step
    printf '\n== time\n'
    printf '%s\n' "${steps[@]}" "$(printf '%6d s  together' "$SECONDS")"
    [ "$SECONDS" -le "$budget" ] || printf 'warning: longer than the %d minutes that this should take\n' $((budget / 60))
    printf '\n== skipped\n'
    [ "${#skipped[@]}" = 0 ] || printf '%s\n' "${skipped[@]}"
    # A line for each: the reason, the test, the place in it. A test may skip the same thing more than once.
    sort -u "$BOOTSTRIDE_SKIPPED" | cut -f 1 | uniq -c | while read -r count reason; do
        printf '%s: %s\n' "$(skipped_tests "$count")" "$reason"
    done
    printf '%s in all\n' "$(skipped_tests "$(sort -u "$BOOTSTRIDE_SKIPPED" | wc -l)")"
    rm -f "$BOOTSTRIDE_SKIPPED"
    [ "$code" = 0 ] || printf '\nFAILED: %s\n' "$failed"
    exit "$code"
}

# From empty caches on two cores.
budget=3600
BOOTSTRIDE_SKIPPED="$(mktemp)"
export BOOTSTRIDE_SKIPPED
trap summary EXIT

# The names of all property tests: those in `proptest!` blocks, and those that run their cases themselves.
properties() {
    git ls-files '*.rs' | xargs awk '
        /^ *proptest! *\{/ { match($0, /^ */); inside = 1; indent = RLENGTH }
        inside && /^ *fn / { sub(/^ *fn /, ""); sub(/[(<].*/, ""); print; next }
        inside && /^ *}$/ { match($0, /^ */); if (RLENGTH == indent) inside = 0 }'
    echo agree_on_random_shapes plain_one_on_random_shapes a_fused_layer_and_its_gradients_are
}

fresh() {
    export BOOTSTRIDE_PROPERTY_TIMES="${1:-50}"
    export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-$(od -An -N 4 -t u4 /dev/urandom | tr -d ' ')}"
    step "property tests with $BOOTSTRIDE_PROPERTY_TIMES times the cases and PROPTEST_RNG_SEED=$PROPTEST_RNG_SEED"
    # shellcheck disable=SC2046 # one word for each name
    cargo test --locked --workspace --no-fail-fast -- $(properties)
}

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
have_wasm || skipped+=("what is compiled for browsers: no wasm32-unknown-unknown target, and it could not be installed")

if [ "${1:-}" = --fresh ]; then
    fresh "${@:2}"
    exit
fi

step "formatting"
cargo fmt --all --check

step "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings

step "documentation"
libraries=(core shaders assets session render lab web)
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib -p bootstride "${libraries[@]/#/-pbootstride-}"

step "tests"
cargo test --locked --workspace "$@"
