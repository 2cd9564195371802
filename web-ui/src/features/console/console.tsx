import { useState } from "react";
import { Group, Paper, SegmentedControl, TextInput } from "@mantine/core";
import type { Instance } from "@switchyard/protocol";
import { ErrorAlert } from "../../components/error-alert.js";
import { ConsoleLines } from "./console-lines.js";
import { CommandBox } from "./command-box.js";
import { useLog, type ConsoleEntry } from "./use-log.js";
import classes from "./console.module.css";

type Show = "all" | "chat" | "problems";

const CHAT_LEVELS = new Set(["CHAT", "JOIN", "LEAVE", "KICK", "BAN", "SHOUT"]);
const PROBLEM_LEVELS = new Set(["Error", "Warning", "WARNING"]);

/** What a server says, live, and a box to answer it. */
export function Console({ instance }: { instance: Instance }) {
  const { entries, error, add } = useLog(instance.id);
  const [show, setShow] = useState<Show>("all");
  const [search, setSearch] = useState("");
  const visible = entries.filter((entry) => matches(entry, show, search.toLowerCase()));
  return (
    <Paper
      withBorder
      radius="md"
      className={classes["console"] ?? ""}
      component="section"
      aria-label="Console"
    >
      <Group p="xs" gap="xs" justify="space-between">
        <SegmentedControl
          size="xs"
          value={show}
          onChange={(value) => setShow(value as Show)}
          aria-label="Which lines"
          data={[
            { value: "all", label: "All" },
            { value: "chat", label: "Chat" },
            { value: "problems", label: "Problems" },
          ]}
        />
        <TextInput
          size="xs"
          type="search"
          placeholder="Search the lines"
          aria-label="Search the lines"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </Group>
      <ErrorAlert error={error} />
      <ConsoleLines entries={visible} />
      <CommandBox instance={instance} add={add} />
    </Paper>
  );
}

function matches(entry: ConsoleEntry, show: Show, search: string): boolean {
  if (entry.kind !== "line") return search === "" || entry.text.toLowerCase().includes(search);
  const { level, text } = entry.line;
  if (show === "chat" && !CHAT_LEVELS.has(level)) return false;
  if (show === "problems" && !PROBLEM_LEVELS.has(level)) return false;
  return search === "" || text.toLowerCase().includes(search) || level.toLowerCase().includes(search);
}
