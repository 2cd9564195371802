import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export interface LauncherOptions {
  executable: string;
  isWindows: boolean;
  /** Absolute path of `main.js`, or of `main.ts` when sources run without a build. */
  mainScript: string;
}

/**
 * The text of the launcher. On POSIX it `exec`s Node, so that the pid and all signals are the game's own. Windows
 * has no exec: there the launcher is a .cmd that waits for Node, and its pid is not the game's.
 */
export function launcherText(options: LauncherOptions): string {
  const nodeArguments = options.mainScript.endsWith(".ts") ? sourceArguments(options.mainScript) : [];
  const command = [process.execPath, ...nodeArguments, options.mainScript];
  if (options.isWindows) {
    const quoted = command.map((part) => `"${part}"`).join(" ");
    return `@echo off\r\nset FACTORIO_SIM_EXECUTABLE=%~f0\r\n${quoted} %*\r\nexit /b %ERRORLEVEL%\r\n`;
  }
  const quoted = command.map(shellQuote).join(" ");
  return `#!/bin/sh\n# Switchyard simulator of a Factorio server; not the game.\nFACTORIO_SIM_EXECUTABLE=${shellQuote(options.executable)}\nexport FACTORIO_SIM_EXECUTABLE\nexec ${quoted} "$@"\n`;
}

function sourceArguments(mainScript: string): string[] {
  const loader = createRequire(mainScript).resolve("tsx");
  return ["--conditions=@switchyard/source", `--import=${pathToFileURL(loader).href}`];
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
