import { useRef, useState } from "react";
import { Button, Group, TextInput } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { AppError, instanceAddress, SendRcon, type Instance } from "@switchyard/protocol";
import { useCluster, usePermission } from "../../cluster/cluster-context.js";
import { useCommandHistory } from "./use-command-history.js";

const COMMAND_TIMEOUT_MS = 60_000;

interface CommandBoxProps {
  instance: Instance;
  add: (kind: "command" | "reply" | "error", text: string) => void;
}

/** Sends console commands; `/` anywhere on the page goes to it, arrows walk through what was sent before. */
export function CommandBox({ instance, add }: CommandBoxProps) {
  const cluster = useCluster();
  const mayCommand = usePermission("instance.send-rcon");
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const history = useCommandHistory();
  const isRunning = instance.status.state === "running";
  useHotkeys([["/", () => input.current?.focus()]]);

  const send = async () => {
    const command = text.trim();
    if (command === "") return;
    history.remember(command);
    setText("");
    add("command", command);
    try {
      const options = { to: instanceAddress(instance.id), timeoutMs: COMMAND_TIMEOUT_MS };
      const { reply } = await cluster.request(SendRcon, { command }, options);
      for (const line of reply.split("\n").filter((part) => part !== "")) add("reply", line);
    } catch (error) {
      add("error", AppError.from(error).message);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Group p="xs" gap="xs" wrap="nowrap">
        <TextInput
          ref={input}
          flex={1}
          aria-label="Command or chat"
          placeholder={placeholderFor(isRunning, mayCommand)}
          disabled={!isRunning || !mayCommand}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
            event.preventDefault();
            setText(event.key === "ArrowUp" ? history.older(text) : history.newer());
          }}
          autoComplete="off"
          spellCheck={false}
          ff="monospace"
        />
        <Button type="submit" disabled={!isRunning || !mayCommand || text.trim() === ""}>
          Send
        </Button>
      </Group>
    </form>
  );
}

function placeholderFor(isRunning: boolean, mayCommand: boolean): string {
  if (!mayCommand) return "You may not send commands";
  return isRunning ? "/players, or text to say" : "The server is not running";
}
