import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { filesMatching } from "./lib/files.mjs";
import { inRoot } from "./lib/places.mjs";
import { runScript, say } from "./lib/say.mjs";

const LINK = /(?<!`)\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g;
const CODE_BLOCK = /^```[\s\S]*?^```/gm;

/** Every relative link of every Markdown page leads to a file, and its fragment to a heading there. */
await runScript(async () => {
  const pages = await filesMatching("", /\.md$/);
  const problems = (await Promise.all(pages.map(problemsOf))).flat();
  for (const problem of problems) say(problem);
  if (problems.length === 0) say(`${pages.length} pages, all links lead somewhere`);
  return problems.length > 0 ? 1 : 0;
});

async function problemsOf(page) {
  const text = (await readFile(inRoot(page), "utf8")).replace(CODE_BLOCK, "");
  const problems = [];
  for (const [, link] of text.matchAll(LINK)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [target, fragment] = link.split("#");
    const file = target === "" ? page : path.posix.join(path.posix.dirname(page), decodeURIComponent(target));
    if (file.startsWith("../") || !existsSync(inRoot(file))) problems.push(`${page}: ${link} does not exist`);
    else if (fragment && file.endsWith(".md") && !(await hasHeading(file, fragment))) {
      problems.push(`${page}: ${link}: there is no such heading`);
    }
  }
  return problems;
}

async function hasHeading(file, fragment) {
  const headings = (await readFile(inRoot(file), "utf8")).match(/^#+ .*$/gm) ?? [];
  return headings.some((heading) => anchorOf(heading) === fragment);
}

function anchorOf(heading) {
  return heading
    .replace(/^#+ /, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}
