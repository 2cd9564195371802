import { useRef } from "react";

const MAX_COMMANDS = 100;

/** What was sent before on this page, and where in it the arrows have got to. */
export function useCommandHistory(): {
  remember: (command: string) => void;
  older: (draft: string) => string;
  newer: () => string;
} {
  const commands = useRef<string[]>([]);
  /** Counts back from the end; 0 is the draft. */
  const back = useRef(0);
  const draft = useRef("");
  const at = () => commands.current[commands.current.length - back.current] ?? draft.current;
  return {
    remember: (command) => {
      if (commands.current.at(-1) !== command)
        commands.current = [...commands.current, command].slice(-MAX_COMMANDS);
      back.current = 0;
      draft.current = "";
    },
    older: (text) => {
      if (back.current === 0) draft.current = text;
      back.current = Math.min(back.current + 1, commands.current.length);
      return at();
    },
    newer: () => {
      back.current = Math.max(back.current - 1, 0);
      return at();
    },
  };
}
