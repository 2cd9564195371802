import { Badge, Button, Group, Table, Text, VisuallyHidden } from "@mantine/core";
import type { Instance, Save } from "@switchyard/protocol";
import { usePermission } from "../../cluster/cluster-context.js";
import { RelativeTime } from "../../components/relative-time.js";

export interface SaveListProps {
  instance: Instance;
  saves: readonly Save[];
  busy: boolean;
  onStart: (save: string) => void;
  onDownload: (save: string) => void;
  onDelete: (save: string) => void;
}

export function SaveList(props: SaveListProps) {
  if (props.saves.length === 0) return <Text>No saves yet; the first start makes or fetches one.</Text>;
  return (
    <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Save</Table.Th>
            <Table.Th>Saved</Table.Th>
            <Table.Th>Size</Table.Th>
            <Table.Th>Holds</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.saves.map((save) => (
            <SaveRow key={save.name} save={save} {...props} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function SaveRow({ save, instance, busy, onStart, onDownload, onDelete }: SaveListProps & { save: Save }) {
  const mayStart = usePermission("instance.start");
  const mayRead = usePermission("save.read");
  const mayDelete = usePermission("save.delete");
  const { state } = instance.status;
  const isOff = state === "stopped" || state === "crashed";
  const { name } = save;
  return (
    <Table.Tr aria-label={name}>
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={500}>
            {name}
          </Text>
          {save.isLoaded && <Mark color="green" text="loaded" />}
          {save.isAutosave && <Mark color="gray" text="autosave" />}
        </Group>
      </Table.Td>
      <Table.Td>
        <Text size="sm">
          <RelativeTime atMs={save.modifiedAtMs} />
        </Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{formatSize(save.sizeBytes)}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" {...(save.fault === null ? {} : { c: "red" })}>
          {save.fault ?? describe(save)}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Action
            label={`Start with this: ${name}`}
            disabled={busy || !mayStart || !isOff || save.fault !== null}
            onClick={() => onStart(name)}
          >
            Start with this
          </Action>
          <Action label={`Download ${name}`} disabled={busy || !mayRead} onClick={() => onDownload(name)}>
            Download
          </Action>
          <Action
            label={`Delete ${name}`}
            disabled={busy || !mayDelete || save.isLoaded}
            onClick={() => onDelete(name)}
          >
            Delete
          </Action>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

interface ActionProps {
  label: string;
  disabled: boolean;
  onClick: () => void;
  children: string;
}

function Action({ label, disabled, onClick, children }: ActionProps) {
  return (
    <Button size="compact-xs" variant="default" aria-label={label} disabled={disabled} onClick={onClick}>
      {children}
    </Button>
  );
}

function Mark({ color, text }: { color: string; text: string }) {
  return (
    <Badge color={color} variant="light" tt="none" autoContrast>
      {text}
    </Badge>
  );
}

function describe({ factorioVersion, scenario, mods, modules }: Save): string {
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  return [
    factorioVersion && `Factorio ${factorioVersion}`,
    scenario,
    mods && count(mods.length, "mod"),
    modules.length > 0 && count(modules.length, "module"),
  ]
    .filter(Boolean)
    .join(" · ");
}

function formatSize(bytes: number): string {
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${value.toFixed(1)} ${unit}`;
}
