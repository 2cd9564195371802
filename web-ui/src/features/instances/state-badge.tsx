import { Badge } from "@mantine/core";
import type { InstanceState } from "@switchyard/protocol";

const COLORS: Record<InstanceState, string> = {
  running: "green",
  preparing: "blue",
  starting: "blue",
  stopping: "yellow",
  stopped: "gray",
  crashed: "red",
  unknown: "gray",
};

const TITLES: Partial<Record<InstanceState, string>> = {
  unknown: "Its host is not connected",
};

export function StateBadge({ state }: { state: InstanceState }) {
  return (
    <Badge
      color={COLORS[state]}
      variant={state === "unknown" ? "outline" : "light"}
      title={TITLES[state]}
      data-state={state}
      tt="none"
      autoContrast
    >
      {state}
    </Badge>
  );
}
