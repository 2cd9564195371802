import { Link, useParams } from "react-router";
import { Alert, Anchor, Badge, Breadcrumbs, Group, Skeleton, Tabs, Text } from "@mantine/core";
import { useInstances } from "../../cluster/cluster-context.js";
import { ErrorAlert } from "../../components/error-alert.js";
import { RelativeTime } from "../../components/relative-time.js";
import { PageHeader } from "../../components/shell.js";
import { useAction } from "../../components/use-action.js";
import { Console } from "../console/console.js";
import { Saves } from "../saves/saves.js";
import { InstanceFacts } from "./instances-page.js";
import { PowerButton } from "./power-button.js";
import { StateBadge } from "./state-badge.js";
import classes from "./instance-page.module.css";

export function InstancePage() {
  const { instanceId } = useParams();
  const instances = useInstances();
  const { busy, error, run, clear } = useAction();
  const instance = instances?.find(({ id }) => id === instanceId);
  if (instances === undefined) return <Skeleton height={300} />;
  if (!instance) return <Alert color="red" title="There is no such instance; it may have been deleted." />;
  const { spec, status } = instance;
  return (
    <div className={classes["page"]}>
      <Breadcrumbs mb={4}>
        <Anchor component={Link} to="/instances" size="sm">
          Instances
        </Anchor>
        <Text size="sm" c="dimmed" truncate>
          {spec.name}
        </Text>
      </Breadcrumbs>
      <PageHeader title={spec.name}>
        <Group gap="sm">
          <StateBadge state={status.state} />
          <Text size="sm" c="dimmed">
            <RelativeTime atMs={status.sinceMs} />
          </Text>
          <PowerButton instance={instance} busy={busy} run={run} />
        </Group>
      </PageHeader>
      <ErrorAlert error={error} onClose={clear} />
      {status.words !== "" && (
        <Alert mb="sm" color={status.state === "crashed" ? "red" : "blue"} title={status.words} />
      )}
      <Group gap="xs" mb="sm">
        <InstanceFacts instance={instance} />
        {status.players.map((player) => (
          <Badge key={player} variant="outline" tt="none" color="gray">
            {player}
          </Badge>
        ))}
      </Group>
      <Tabs defaultValue="console" className={classes["tabs"] ?? ""}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="console">Console</Tabs.Tab>
          <Tabs.Tab value="saves">Saves</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="console" className={classes["console"] ?? ""}>
          <Console instance={instance} />
        </Tabs.Panel>
        <Tabs.Panel value="saves" className={classes["saves"] ?? ""}>
          <Saves instance={instance} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
