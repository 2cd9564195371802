import { useRef, useState } from "react";
import { Button, FileButton, Group, Modal, Progress, Skeleton, Stack, Text } from "@mantine/core";
import type { Instance } from "@switchyard/protocol";
import { usePermission } from "../../cluster/cluster-context.js";
import { ErrorAlert } from "../../components/error-alert.js";
import { useAction } from "../../components/use-action.js";
import { SaveList } from "./save-list.js";
import { useSaves } from "./use-saves.js";

/** The saves of an instance, and what can be done with them. */
export function Saves({ instance }: { instance: Instance }) {
  const { saves, listError, copy, upload, download, remove, start } = useSaves(instance);
  const { busy, error, run, clear } = useAction();
  const [deleting, setDeleting] = useState<string | undefined>(undefined);
  const uploading = useRef<AbortController | undefined>(undefined);
  const resetFile = useRef<() => void>(null);
  const mayWrite = usePermission("save.write");
  const take = (file: File | null) => {
    resetFile.current?.();
    if (!file) return;
    const controller = new AbortController();
    uploading.current = controller;
    run(() => upload(file, controller.signal).finally(() => (uploading.current = undefined)));
  };
  const confirmDelete = (save: string) => {
    setDeleting(undefined);
    run(() => remove(save));
  };
  return (
    <Stack component="section" aria-label={`Saves of ${instance.spec.name}`} gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          The next start goes on with the newest save, or with the one you choose.
        </Text>
        <FileButton onChange={take} accept=".zip" resetRef={resetFile}>
          {(props) => (
            <Button {...props} size="xs" variant="default" disabled={!mayWrite || busy}>
              Upload a save
            </Button>
          )}
        </FileButton>
      </Group>
      <ErrorAlert error={error} onClose={clear} />
      <ErrorAlert error={listError} />
      {copy && (
        <Group gap="sm" role="status">
          <Text size="sm">{copy.words}</Text>
          <Progress value={copy.percent} flex={1} miw={120} aria-label={copy.words} />
          {uploading.current && (
            <Button size="compact-xs" variant="default" onClick={() => uploading.current?.abort()}>
              Cancel
            </Button>
          )}
        </Group>
      )}
      {saves === undefined && listError === undefined && <Skeleton height={120} />}
      {saves && (
        <SaveList
          instance={instance}
          saves={saves}
          busy={busy}
          onStart={(save) => run(() => start(save))}
          onDownload={(save) => run(() => download(save))}
          onDelete={setDeleting}
        />
      )}
      <Modal
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete ${deleting ?? ""}?`}
        centered
      >
        <Text mb="md">
          It is moved to the folder “deleted” on its host, where it stays until it is removed there.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setDeleting(undefined)}>
            Keep it
          </Button>
          <Button
            color="red"
            onClick={() => deleting !== undefined && confirmDelete(deleting)}
            data-autofocus
          >
            Delete
          </Button>
        </Group>
      </Modal>
    </Stack>
  );
}
