"""What holds for every page in every state: rules of accessibility, and of what fits where."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.integration.process import ROOT

AXE = (ROOT / "client" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {320: 640, 360: 740, 768: 1024, 1440: 900}

SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "still": {"reduced_motion": "reduce"},
}
PLAIN: dict[str, Any] = {
    "color_scheme": "light",
    "forced_colors": "none",
    "reduced_motion": "no-preference",
}

RUN_AXE = """async ([tags, contrast]) => {
  const found = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    rules: { "color-contrast": { enabled: contrast } },
    resultTypes: ["violations"],
  });
  return found.violations.map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 4).map(({ target, any }) =>
      `${target.join(" ")} (${any.map((one) => one.message).join("; ")})`).join(" | ")}`);
}"""

# What moves is at its place before it is judged.
AT_REST = """async () => {
  await document.fonts.ready;
  for (const one of document.getAnimations()) one.finish();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

SIDEWAYS = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const name = (one) => `${one.tagName.toLowerCase()}.${one.className}`;
  const far = [...document.querySelectorAll("body *")].filter((one) =>
    one.getBoundingClientRect().right > page.clientWidth + 0.5);
  return [`the page is ${page.scrollWidth} px wide in ${page.clientWidth}: ` +
    far.slice(0, 5).map(name).join(", ")];
}"""

SMALL = """() => {
  const name = (one) => (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40);
  const found = [];
  for (const one of document.querySelectorAll("button, summary, select, input")) {
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    let { width, height } = one.getBoundingClientRect();
    if (one.matches("input:is([type=checkbox], [type=radio])")) {
      const label = one.closest("label")?.getBoundingClientRect();
      if (label) [width, height] = [Math.max(width, label.width), Math.max(height, label.height)];
    }
    const step = / (lager|hoger)$/.test(one.getAttribute("aria-label") ?? "");
    const least = step ? 44 : 24;
    if (width + 0.01 < least || height + 0.01 < least) {
      found.push(`${one.tagName} "${name(one)}" is ${width} by ${height}`);
    }
  }
  return found;
}"""

# Marks and caps of one slider keep off each other, and stay in their strip.
OVERLAP = """() => {
  const found = [];
  for (const strip of document.querySelectorAll(".panel fieldset:has(> .strip)")) {
    const boxes = [...strip.querySelectorAll(".marker, .cap, .still span")].map((one) => [
      one.className, one.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
    const home = strip.querySelector(".strip").getBoundingClientRect();
    for (const [i, [a, one]] of boxes.entries()) {
      if (one.left < home.left - 1 || one.right > home.right + 1) {
        found.push(`${strip.querySelector("legend").textContent}: ${a} leaves its strip`);
      }
      for (const [b, two] of boxes.slice(i + 1)) {
        const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
        const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
        if (wide > 0.5 && high > 0.5) {
          const legend = strip.querySelector("legend").textContent;
          found.push(`${legend}: ${a} and ${b} share ${wide.toFixed(1)} by ${high.toFixed(1)}`);
        }
      }
    }
  }
  return found;
}"""

# Text that its own box cuts off.
CUT = """() => [...document.querySelectorAll("button, h1, h2, h3, p, li, td, th, summary, label")]
  .filter((one) => one.checkVisibility() && !one.closest(".sr-only") && one.textContent.trim())
  .filter((one) => {
    const style = getComputedStyle(one);
    const hides = style.overflowX === "hidden" || style.overflowY === "hidden";
    // A clamp says by its dots that there is more.
    if (!hides || style.webkitLineClamp !== "none") return false;
    return one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
  })
  .map((one) => `cut: ${one.tagName} "${one.textContent.trim().slice(0, 60)}"`)"""


def rest(page: Page) -> None:
    """Waits until nothing moves."""
    page.evaluate(AT_REST)


def violations(page: Page, *, contrast: bool = True) -> list[str]:
    """What the rules find on the page as it is now."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN_AXE, [TAGS, contrast])
    return found


def in_every_scheme(page: Page) -> dict[str, list[str]]:
    """The same in light, in dark, in the system's own colours, and without motion."""
    found = {}
    for name, media in SCHEMES.items():
        page.emulate_media(**{**PLAIN, **media})
        rest(page)
        # In forced colours the system paints, while the rule reads what the page asked for.
        found[name] = violations(page, contrast=name != "forced")
    page.emulate_media(**PLAIN)
    return found


def misfits(page: Page) -> list[str]:
    """What does not fit at the width of now: sideways scrolling, small targets, overlap, cuts."""
    rest(page)
    found: list[str] = []
    for script in (SIDEWAYS, SMALL, OVERLAP, CUT):
        found += page.evaluate(script)
    return found


def at_every_width(page: Page, shots: Path | None = None, name: str = "") -> dict[int, list[str]]:
    """The same at four widths; with a folder, each is shot as well."""
    before = page.viewport_size
    found = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        found[width] = misfits(page)
        if shots is not None and width != 320:
            page.screenshot(
                path=shots / f"{name}-{width}.png", full_page=True, animations="disabled"
            )
    assert before is not None
    page.set_viewport_size(before)
    return found
