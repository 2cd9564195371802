import { Alert, Loader } from "@mantine/core";
import { useCluster } from "../../cluster/cluster-context.js";
import { useObservable } from "../../cluster/observable.js";

/** Says so when what is on the screen may be out of date. */
export function ConnectionNotice() {
  const { state, reason } = useObservable(useCluster().status);
  if (state === "open") return null;
  if (state === "refused") {
    return (
      <Alert
        mb="md"
        color="red"
        role="alert"
        title={reason?.message ?? "The controller refused the connection"}
      />
    );
  }
  return (
    <Alert
      mb="md"
      color="yellow"
      role="status"
      icon={<Loader size={16} color="yellow" />}
      title={
        state === "connecting" ? "Connecting to the controller…" : "The controller is away; reconnecting…"
      }
    />
  );
}
