import { useState } from "react";
import { Button, Group, Modal, Text } from "@mantine/core";
import { StartInstance, StopInstance, type Instance } from "@switchyard/protocol";
import { useCluster, usePermission } from "../../cluster/cluster-context.js";

/** Long enough for a big map to be saved. */
const STOP_TIMEOUT_MS = 330_000;
const START_TIMEOUT_MS = 660_000;

interface PowerButtonProps {
  instance: Instance;
  busy: boolean;
  run: (action: () => Promise<unknown>) => void;
}

/** Starts a stopped instance, stops a running one; asks first when players would be thrown out. */
export function PowerButton({ instance, busy, run }: PowerButtonProps) {
  const cluster = useCluster();
  const [asking, setAsking] = useState(false);
  const mayStart = usePermission("instance.start");
  const mayStop = usePermission("instance.stop");
  const { state, players } = instance.status;
  const params = { instanceId: instance.id };
  const isOff = state === "stopped" || state === "crashed";
  const stop = () => {
    setAsking(false);
    run(() => cluster.request(StopInstance, params, { timeoutMs: STOP_TIMEOUT_MS }));
  };

  if (isOff) {
    return (
      <Button
        size="xs"
        loading={busy}
        disabled={!mayStart}
        onClick={() => run(() => cluster.request(StartInstance, params, { timeoutMs: START_TIMEOUT_MS }))}
        aria-label={`Start ${instance.spec.name}`}
      >
        Start
      </Button>
    );
  }
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={busy && state === "stopping"}
        disabled={!mayStop || state === "unknown" || state === "stopping"}
        onClick={() => (players.length > 0 ? setAsking(true) : stop())}
        aria-label={`Stop ${instance.spec.name}`}
      >
        Stop
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Stop ${instance.spec.name}?`} centered>
        <Text mb="md">
          {players.length === 1 ? "1 player is" : `${players.length} players are`} online:{" "}
          {players.join(", ")}. The map is saved before the server ends.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep running
          </Button>
          <Button color="red" onClick={stop} data-autofocus>
            Stop
          </Button>
        </Group>
      </Modal>
    </>
  );
}
