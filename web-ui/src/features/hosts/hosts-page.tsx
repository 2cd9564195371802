import { Badge, Card, Code, Group, Paper, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import type { Host } from "@switchyard/protocol";
import { useHosts, useInstances } from "../../cluster/cluster-context.js";
import { RelativeTime } from "../../components/relative-time.js";
import { PageHeader } from "../../components/shell.js";

export function HostsPage() {
  const hosts = useHosts();
  return (
    <>
      <PageHeader title="Hosts" />
      {hosts?.length === 0 && (
        <Paper withBorder p="xl" radius="md">
          <Text>No host has joined yet. A token for one comes from</Text>
          <Code block mt="xs">
            switchyardctl host create-token my-machine
          </Code>
        </Paper>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {hosts === undefined && [0, 1].map((index) => <Skeleton key={index} height={120} />)}
        {hosts?.map((host) => (
          <HostCard key={host.id} host={host} />
        ))}
      </SimpleGrid>
    </>
  );
}

function HostCard({ host }: { host: Host }) {
  const instances = useInstances()?.filter(({ spec }) => spec.hostId === host.id) ?? [];
  const running = instances.filter(({ status }) => status.state === "running").length;
  return (
    <Card withBorder padding="md" radius="md" component="section" aria-label={host.name}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={600} size="lg" truncate>
            {host.name}
          </Text>
          <Badge color={host.connected ? "green" : "red"} variant="light" tt="none" autoContrast>
            {host.connected ? "connected" : "away"}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed">
          {[host.publicAddress, host.platform, host.version && `Switchyard ${host.version}`]
            .filter(Boolean)
            .join(" · ")}
        </Text>
        <Text size="sm">
          {running} of {instances.length} instances running
        </Text>
        <Text size="sm" c="dimmed">
          {host.installs
            .map(({ version, isSimulator }) => `${isSimulator ? "simulator " : "Factorio "}${version}`)
            .join(", ")}
        </Text>
        {!host.connected && (
          <Text size="sm" c="dimmed">
            last seen <RelativeTime atMs={host.lastSeenAtMs} />
          </Text>
        )}
      </Stack>
    </Card>
  );
}
