import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { explainSystemError } from "@switchyard/node-kit/system-errors";
import { AppError } from "@switchyard/protocol";
import type { AddCommands } from "../command.js";
import { changeContexts, checkContextName, checkUrl, contextFilePath, readContexts } from "../contexts.js";
import type { CtlIo } from "../io.js";
import { renderTable } from "../output/table.js";

const MAX_TOKEN_BYTES = 4096;

export const contextCommands: AddCommands = (yargs, run) =>
  addChanging(yargs, run)
    .demandCommand(1)
    .command(
      "list",
      "The clusters this program knows; their tokens are not shown",
      (command) => command,
      run(async (_args, context) => {
        const file = await readContexts(contextFilePath(context.io));
        const views = Object.entries(file.contexts).map(([name, { url, dataDirectory }]) => ({
          name,
          url,
          current: name === file.current,
          dataDirectory: dataDirectory ?? null,
        }));
        await context.output.result(views, (colours) => {
          if (views.length === 0) return `${new AppError("no-context").message}\n`;
          const rows = views.map((view) => [
            view.current ? "*" : "",
            view.name,
            view.url,
            view.dataDirectory ?? "",
          ]);
          return renderTable(["", "NAME", "URL", "DATA"], rows, colours);
        });
      }),
    );

const addChanging: AddCommands = (yargs, run) =>
  yargs
    .command(
      "add <name>",
      "Remember a cluster and use it from now on",
      (command) =>
        command
          .positional("name", { type: "string", demandOption: true })
          .option("url", { type: "string", demandOption: true, describe: "http(s)://host:port" })
          .option("token-file", {
            type: "string",
            demandOption: true,
            requiresArg: true,
            describe: "A file with an API token; - for standard input",
          }),
      run(async ({ name, url, tokenFile }, context) => {
        checkContextName(name);
        const entry = { url: checkUrl(url), token: await readToken(tokenFile, context.io) };
        const path = contextFilePath(context.io);
        await changeContexts(path, (file) => {
          file.contexts[name] = entry;
          file.current = name;
        });
        await context.output.result(
          { name, url: entry.url, file: path },
          () => `Context ${name} is now used; it stands in ${path}\n`,
        );
      }),
    )
    .command(
      "use <name>",
      "Choose the cluster that the next commands are for",
      (command) => command.positional("name", { type: "string", demandOption: true }),
      run(async ({ name }, context) => {
        await changeContexts(contextFilePath(context.io), (file) => {
          if (!Object.hasOwn(file.contexts, name))
            throw new AppError("not-found", { what: "context", id: name });
          file.current = name;
        });
        await context.output.result({ current: name }, () => `Context ${name} is now used\n`);
      }),
    )
    .command(
      "remove <name>",
      "Forget a cluster; the cluster itself is not touched",
      (command) => command.positional("name", { type: "string", demandOption: true }),
      run(async ({ name }, context) => {
        const left = await changeContexts(contextFilePath(context.io), (file) => {
          if (!Object.hasOwn(file.contexts, name))
            throw new AppError("not-found", { what: "context", id: name });
          delete file.contexts[name];
          if (file.current === name) file.current = null;
        });
        await context.output.result(
          { removed: name, current: left.current },
          () => `Context ${name} is forgotten\n`,
        );
      }),
    );

async function readToken(file: string, io: CtlIo): Promise<string> {
  const token = (
    file === "-" ? await readInput(io) : await readTokenFile(resolve(io.workingDirectory, file))
  ).trim();
  if (!/^\S{8,}$/.test(token))
    throw new AppError("usage", { reason: `${file === "-" ? "The input" : file} does not hold a token` });
  return token;
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new AppError("not-found", { what: "file", id: path });
    throw explainSystemError(error, { path });
  }
}

async function readInput(io: CtlIo): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of io.stdin) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > MAX_TOKEN_BYTES) break;
  }
  return text;
}
