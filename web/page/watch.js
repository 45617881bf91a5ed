// Says what keeps the page from loading before any module runs. A plain script, as browsers load no modules from disk; and a
// file, as a content policy may refuse scripts and handlers within the page.

(() => {
  const root = document.documentElement;
  // Without this mark the style sheet tells after a while that scripts do not arrive.
  root.dataset.watched = "";

  /** Writes `text` where the progress stands, unless the page has said itself what broke. */
  function tell(text) {
    if (document.readyState === "loading") {
      addEventListener("DOMContentLoaded", () => tell(text));
    } else if (root.dataset.state === "loading") {
      root.dataset.state = "absent";
      document.getElementById("progress").textContent = text;
    }
  }

  if (location.protocol === "file:") {
    tell(
      "This page was opened from disk, but browsers load its parts from a web server only. In the page's folder run\n\n" +
        "python3 -m http.server\n\nand open http://localhost:8000. In the program's sources, cargo run -p bootstride-web builds the page and serves it.",
    );
    return;
  }

  // A script that does not arrive, or a module that it imports: such events do not bubble, but they can be caught on the way.
  const on_error = ({ target }) => {
    if (target instanceof HTMLScriptElement) tell("Part of the page did not arrive. Reload to try again.");
  };
  addEventListener("error", on_error, true);
})();
