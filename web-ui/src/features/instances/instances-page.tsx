import { Link } from "react-router";
import { Anchor, Card, Code, Group, Paper, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import type { Instance } from "@switchyard/protocol";
import { useHosts, useInstances } from "../../cluster/cluster-context.js";
import { ErrorAlert } from "../../components/error-alert.js";
import { PageHeader } from "../../components/shell.js";
import { useAction } from "../../components/use-action.js";
import { PowerButton } from "./power-button.js";
import { StateBadge } from "./state-badge.js";

export function InstancesPage() {
  const instances = useInstances();
  const players = instances?.reduce((sum, instance) => sum + instance.status.players.length, 0) ?? 0;
  return (
    <>
      <PageHeader title="Instances">
        <Text c="dimmed" size="sm">
          {instances && `${players} ${players === 1 ? "player" : "players"} online`}
        </Text>
      </PageHeader>
      {instances?.length === 0 && <NoInstances />}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {instances === undefined && [0, 1].map((index) => <Skeleton key={index} height={150} />)}
        {instances?.map((instance) => (
          <InstanceCard key={instance.id} instance={instance} />
        ))}
      </SimpleGrid>
    </>
  );
}

function InstanceCard({ instance }: { instance: Instance }) {
  const { busy, error, run, clear } = useAction();
  const { spec, status } = instance;
  return (
    <Card withBorder padding="md" radius="md" component="section" aria-label={spec.name}>
      <Stack gap="xs" h="100%">
        <Group justify="space-between" wrap="nowrap">
          <Anchor component={Link} to={`/instances/${instance.id}`} fw={600} size="lg" c="inherit" truncate>
            {spec.name}
          </Anchor>
          <StateBadge state={status.state} />
        </Group>
        <InstanceFacts instance={instance} />
        {status.words !== "" && (
          <Text size="sm" lineClamp={3}>
            {status.words}
          </Text>
        )}
        <ErrorAlert error={error} onClose={clear} />
        <Group justify="space-between" mt="auto">
          <Text size="sm" c="dimmed">
            {status.players.length === 0 ? "Nobody online" : status.players.join(", ")}
          </Text>
          <PowerButton instance={instance} busy={busy} run={run} />
        </Group>
      </Stack>
    </Card>
  );
}

/** Where it runs, what it runs, and where players connect. */
export function InstanceFacts({ instance }: { instance: Instance }) {
  const host = useHosts()?.find(({ id }) => id === instance.spec.hostId);
  const { factorioVersion, isSimulator, gamePort } = instance.status;
  const facts = [
    host?.name ?? instance.spec.hostId,
    factorioVersion && `${isSimulator ? "simulator " : "Factorio "}${factorioVersion}`,
    gamePort && `${host?.publicAddress ?? "localhost"}:${gamePort}`,
  ];
  return (
    <Text size="sm" c="dimmed">
      {facts.filter(Boolean).join(" · ")}
    </Text>
  );
}

function NoInstances() {
  return (
    <Paper withBorder p="xl" radius="md">
      <Text>There are no instances yet. Make one with</Text>
      <Code block mt="xs">
        switchyardctl instance create my-world --start
      </Code>
    </Paper>
  );
}
