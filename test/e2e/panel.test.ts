import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { SimulatorControl } from "@switchyard/simulator";
import { UpCluster } from "@switchyard/test-kit";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const SCREENSHOTS = fileURLToPath(new URL("../../coverage/screenshots/", import.meta.url));
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describe("the panel in a browser", function () {
  let cluster: UpCluster;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  before(async function () {
    if (!existsSync(CHROMIUM)) {
      console.log(`skipped: there is no browser at ${CHROMIUM}; set CHROMIUM to one`);
      this.skip();
    }
    await mkdir(SCREENSHOTS, { recursive: true });
    cluster = await UpCluster.start();
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
  });

  after(async () => {
    await browser?.close();
    await cluster?.close();
  });

  it("signs in by the one-time link and shows the instances", async () => {
    await page.goto(cluster.ready.signInUrl);
    await page.getByRole("heading", { name: "Instances" }).waitFor();
    for (const name of ["alpha", "beta"]) {
      const card = page.getByRole("region", { name });
      await card.locator("[data-state=running]").waitFor();
    }
    assert.ok(!page.url().includes("token"), "the token is gone from the address bar");
    await page.screenshot({ path: join(SCREENSHOTS, "instances-light.png") });
  });

  it("refuses the same link a second time", async () => {
    const other = await browser.newContext();
    const second = await other.newPage();
    await second.goto(cluster.ready.signInUrl);
    await second.getByRole("alert").getByText("used already").waitFor();
    await second.screenshot({ path: join(SCREENSHOTS, "sign-in-refused.png") });
    await other.close();
  });

  it("shows live who is online", async () => {
    const alpha = await SimulatorControl.connect(cluster.instance("alpha").writeDirectory);
    await alpha.join("Anna");
    await page.getByRole("region", { name: "alpha" }).getByText("Anna").waitFor();
    alpha.close();
  });

  it("shows the log live and answers commands", async () => {
    await page.getByRole("link", { name: "alpha" }).click();
    await page.getByRole("heading", { name: "alpha" }).waitFor();
    const log = page.getByRole("log");
    await log.getByText("Anna joined the game").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("/players");
    await page.keyboard.press("Enter");
    await log.getByText("Players (1):").waitFor();
    await page.keyboard.type("hello from the panel");
    await page.keyboard.press("Enter");
    await log.getByText("<server>: hello from the panel").waitFor();
    await page.screenshot({ path: join(SCREENSHOTS, "console-light.png") });
  });

  it("stops after asking, and starts again", async () => {
    await page.getByRole("button", { name: "Stop alpha" }).click();
    await page.getByRole("dialog").getByText("1 player is online").waitFor();
    await page.screenshot({ path: join(SCREENSHOTS, "stop-asks.png") });
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await page.locator("[data-state=stopped]").waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Start alpha" }).click();
    await page.locator("[data-state=running]").waitFor({ timeout: 30_000 });
  });

  it("shows the saves; downloads, uploads and deletes them", async () => {
    await page.getByRole("tab", { name: "Saves" }).click();
    const saves = page.getByRole("region", { name: "Saves of alpha" });
    await saves.getByText("loaded").waitFor();
    const [name = ""] = (await saves.getByRole("row").nth(1).getAttribute("aria-label"))?.split("\n") ?? [];
    assert.ok(await saves.getByRole("button", { name: `Delete ${name}` }).isDisabled());
    const begun = page.waitForEvent("download");
    await saves.getByRole("button", { name: `Download ${name}` }).click();
    const download = await begun;
    assert.equal(download.suggestedFilename(), name);
    const file = await readFile(await download.path());
    const onDisk = await readFile(join(cluster.instance("alpha").writeDirectory, "saves", name));
    assert.ok(file.equals(onDisk));
    const input = page.locator("input[type=file]");
    await input.setInputFiles({ name: "From here.ZIP", mimeType: "application/zip", buffer: file });
    const row = saves.getByRole("row", { name: "From here.zip" });
    await row.waitFor();
    const faults = await faultsOf(page);
    assert.deepEqual(faults, []);
    await page.screenshot({ path: join(SCREENSHOTS, "saves-light.png") });
    await row.getByRole("button", { name: "Delete From here.zip" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Console" }).click();
  });

  it("says that the controller is away, and goes on when it is back", async () => {
    process.kill(cluster.ready.controller.pid, "SIGKILL");
    await page.getByRole("status").getByText("reconnecting").waitFor();
    await page.getByRole("status").getByText("reconnecting").waitFor({ state: "detached", timeout: 30_000 });
    await page.locator("[data-state=running]").waitFor({ timeout: 30_000 });
  });

  it("fits a phone, in the dark, without anything cut off", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [path, name] of [
      ["/instances", "instances"],
      [`/instances/${cluster.instance("alpha").id}`, "console"],
      ["/hosts", "hosts"],
    ] as const) {
      await page.goto(new URL(path, cluster.ready.url).href);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-phone-dark.png`) });
      const overflow = (await page.evaluate("document.documentElement.scrollWidth - innerWidth")) as number;
      assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
    }
  });

  for (const scheme of ["light", "dark"] as const) {
    it(`has no accessibility faults that axe finds (${scheme})`, async () => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 1280, height: 800 });
      for (const path of ["/instances", `/instances/${cluster.instance("beta").id}`, "/hosts"]) {
        await page.goto(new URL(path, cluster.ready.url).href);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.locator("[data-state=running], [aria-label=host-1]").first().waitFor();
        await page.screenshot({
          path: join(SCREENSHOTS, `${path.split("/")[1]}-${scheme}-${path.length}.png`),
        });
        assert.deepEqual(await faultsOf(page), [], path);
      }
    });
  }

  it("signs out", async () => {
    await page.getByRole("button", { name: /User menu/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.screenshot({ path: join(SCREENSHOTS, "sign-in.png") });
  });

  it("left no error on the console of the browser", () => {
    const unexpected = problems.filter((text) => !/WebSocket|ERR_CONNECTION|401|403|502/.test(text));
    assert.deepEqual(unexpected, []);
  });
});

/** What axe finds on the page as it is. */
async function faultsOf(page: Page): Promise<string[]> {
  const axe = await readFile(AXE, "utf8");
  const found = (await page.evaluate(`${axe}; axe.run()`)) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(
      (node) => `${id}: ${node.html.slice(-60)} ${/of [\d.]+ \([^)]*\)/.exec(node.failureSummary)?.[0]}`,
    ),
  );
}
