/** Starts all that the first page needs at once: its code, that of every page, and what it will ask for. */

import { askFirst } from "@/first";
import { applyTheme, readTheme } from "@/lib/theme";
import { loaderAt } from "@/loaders";
import "@/styles.css";

const PATIENCE_MS = 250;

applyTheme(readTheme());
// To read the libraries keeps the browser busy: what is asked for goes first, so that the server works meanwhile.
const asked = askFirst(window.location).catch(() => undefined); // it is asked again, by a part of the page that says so
const waited = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
Promise.race([asked, waited]).then(() => {
  loaderAt(window.location.pathname)?.().catch(() => undefined);
  import("@/root");
});
