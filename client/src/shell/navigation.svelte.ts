import { tick } from "svelte";
import { routeOf, type Route } from "./routes";

/** Moves the focus to the heading of the page, so that a reader hears where one is. */
export async function focusHeading(): Promise<void> {
  await tick();
  const heading = document.querySelector<HTMLElement>("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** The address as the pages see it; changing it is the only way to change page. */
class Navigation {
  route: Route = $state(routeOf(location.pathname));
  /** Counts the navigations, so that a page for the same route is made anew. */
  visits = $state(0);
  /** True from the first navigation on: the first page keeps the browser's own focus. */
  #byUser = false;

  constructor() {
    addEventListener("popstate", () => this.#show(true));
  }

  /** Goes to a path of this site. */
  go(path: string, { replace = false } = {}): void {
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
    this.#show(false);
  }

  #show(back: boolean): void {
    this.#byUser = true;
    this.route = routeOf(location.pathname);
    this.visits += 1;
    if (!back) scrollTo(0, 0);
  }

  /** To be called when a page has just appeared: moves the focus to its heading. */
  async arrived(): Promise<void> {
    if (this.#byUser) await focusHeading();
  }

  /** To be called when a page has its data, and another heading: the focus must not fall back to nowhere. */
  async settled(): Promise<void> {
    if (!this.#byUser) return;
    await tick();
    if (document.activeElement === document.body) await focusHeading();
  }

  /** Follows a click on a plain link to this site without loading it anew. */
  follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement)) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    const samePage = link.pathname === location.pathname && link.hash !== "";
    const known = routeOf(link.pathname).page !== "not-found";
    if (samePage || !known) return;
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  }
}

export const navigation = new Navigation();
