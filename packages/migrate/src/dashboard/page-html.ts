import { createHash } from "node:crypto";
import type { Snapshot } from "./page/page-data.ts";
import { readPageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";

/** The page and the policy that it is to be served with. */
export interface Page {
  readonly html: string;
  /** The value of Content-Security-Policy: nothing but this page's own script and style, and its own server's data. */
  readonly policy: string;
}

/**
 * The dashboard's page, with nothing outside of itself.
 *
 * @param snapshot What it shows; without one it asks its server.
 */
export async function createPage(snapshot?: Snapshot): Promise<Page> {
  const script = await readPageScript();
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(pageStyle)}'`,
    "img-src data:",
    ...(snapshot === undefined ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return { html: htmlOf(script, policy, snapshot), policy };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** JSON inside of HTML: nothing in it can end its element. */
function embed(snapshot: Snapshot | undefined): string {
  if (snapshot === undefined) return "";
  return JSON.stringify(snapshot).replaceAll("<", String.raw`\u003C`);
}

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cg fill='%232f9e6e'%3E%3Crect x='1' y='1' width='6' height='6' rx='1'/%3E%3Crect x='9' y='1' width='6' height='6' rx='1'/%3E" +
  "%3Crect x='1' y='9' width='6' height='6' rx='1'/%3E%3C/g%3E%3Crect x='9' y='9' width='6' height='6' rx='1' fill='%23d64545'/%3E%3C/svg%3E";

function htmlOf(script: string, policy: string, snapshot: Snapshot | undefined): string {
  return `<!doctype html>
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Litefleet</title>
<link rel="icon" href="${icon}">
<style>${pageStyle}</style>
</head>
<body class="empty">
<a class="skip" href="#rows">Skip to the table of tenants</a>
<header class="top">
  <span class="brand" aria-hidden="true"><i></i><i></i><i></i><i></i></span><strong>Litefleet</strong>
  <select id="runs" aria-label="Run" hidden></select>
  <span class="grow"></span>
  <span id="connection" role="status"></span>
  <button id="theme" type="button" class="plain">Auto</button>
</header>
<main>
  <p class="welcome">No run yet. It appears here as soon as one begins: <code>npx litefleet-migrate up</code></p>
  <div class="content">
    <section class="hero" aria-labelledby="title">
      <div class="title-line"><h1 id="title"></h1><span id="state" class="pill"></span></div>
      <p id="facts" class="quiet"></p>
      <div id="bar" role="progressbar" aria-label="Tenants done" aria-valuemin="0" aria-valuemax="100"></div>
      <p id="pace"></p>
      <div id="chips" role="group" aria-label="Tenants by state; choose one to see only those"></div>
      <p id="summary" class="hidden" role="status"></p>
    </section>
    <div class="columns">
        <section class="card" aria-labelledby="fleet-title">
          <div class="card-head">
            <h2 id="fleet-title">Fleet by version</h2>
            <span id="matches" class="quiet" role="status"></span>
            <span class="grow"></span>
            <button id="clear" type="button" class="plain" hidden>Clear</button>
            <input id="search" type="search" placeholder="Search tenants and errors  ( / )" aria-label="Search tenants and errors" autocomplete="off" spellcheck="false">
          </div>
          <div id="grid"></div>
          <p id="announcer" class="hidden" aria-live="polite"></p>
        </section>
      <div class="side">
        <section class="card" aria-labelledby="waves-title">
          <div class="card-head"><h2 id="waves-title">Waves</h2></div>
          <ol id="waves"></ol>
        </section>
        <section class="card" aria-labelledby="errors-title">
          <div class="card-head"><h2 id="errors-title">Errors</h2><span id="error-count" class="quiet"></span></div>
          <p id="no-errors" class="quiet">None.</p>
          <ul id="errors"></ul>
        </section>
        <section class="card" id="slowest-card" aria-labelledby="slowest-title">
          <div class="card-head"><h2 id="slowest-title">Slowest</h2></div>
          <ol id="slowest"></ol>
        </section>
      </div>
        <section class="card" aria-labelledby="tenants-title">
          <div class="card-head"><h2 id="tenants-title">Tenants</h2></div>
          <div class="scroll">
            <table>
              <thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Version</th><th scope="col" class="n">Wave</th><th scope="col" class="n">Took</th><th scope="col">Error</th></tr></thead>
              <tbody id="rows" tabindex="-1"></tbody>
            </table>
          </div>
          <p id="nothing" class="quiet" hidden>No tenant is like that.</p>
          <button id="more" type="button" class="plain" hidden></button>
        </section>
    </div>
  </div>
</main>
<div id="tip" hidden aria-hidden="true"></div>
<dialog id="detail" aria-labelledby="detail-name">
  <div class="dialog-content">
    <div class="card-head"><h2 id="detail-name"></h2><span class="grow"></span><button id="close" type="button" class="plain">Close</button></div>
    <div id="detail-body"></div>
  </div>
</dialog>
<script type="application/json" id="data">${embed(snapshot)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}
