import { useCallback, useEffect, useState } from "react";
import {
  DeleteSave,
  ExportSave,
  ImportSave,
  instanceAddress,
  ListSaves,
  StartInstance,
  type Instance,
  type Save,
  type TransferProgress,
} from "@switchyard/protocol";
import { useCluster } from "../../cluster/cluster-context.js";
import { downloadFile, saveNameOf, uploadFile } from "./save-transfer.js";

/** A copy under way; a share from 0 to 100. */
export interface CopyState {
  words: string;
  percent: number;
}

const COPY_TIMEOUT_MS = 60 * 60_000;
const START_TIMEOUT_MS = 660_000;
const LIST_TIMEOUT_MS = 60_000;

/** The saves of an instance; read again when it starts, stops or takes another save, and after each change. */
export function useSaves(instance: Instance) {
  const cluster = useCluster();
  const { id, status } = instance;
  const [saves, setSaves] = useState<readonly Save[] | undefined>(undefined);
  const [listError, setListError] = useState<unknown>(undefined);
  const [copy, setCopy] = useState<CopyState | undefined>(undefined);
  const to = instanceAddress(id);

  const refresh = useCallback(async () => {
    try {
      setSaves((await cluster.request(ListSaves, {}, { to, timeoutMs: LIST_TIMEOUT_MS })).saves);
      setListError(undefined);
    } catch (error) {
      setListError(error);
    }
  }, [cluster, to]);
  useEffect(() => void refresh(), [refresh, status.state, status.save]);

  const show = (words: string) => (doneBytes: number, sizeBytes: number) =>
    setCopy({ words, percent: sizeBytes === 0 ? 100 : (doneBytes / sizeBytes) * 100 });
  const showProgress = (words: string) => (value: unknown) => {
    const { doneBytes, sizeBytes } = value as TransferProgress;
    show(words)(doneBytes, sizeBytes);
  };
  const copying = async (work: () => Promise<void>) => {
    try {
      await work();
    } finally {
      setCopy(undefined);
      await refresh();
    }
  };

  return {
    saves,
    listError,
    copy,
    upload: (file: File, signal: AbortSignal) =>
      copying(async () => {
        const blob = await uploadFile(file, signal, show(`Uploading ${file.name}`));
        const options = { to, signal, timeoutMs: COPY_TIMEOUT_MS };
        const onProgress = showProgress(`Handing ${file.name} to the host`);
        await cluster.request(ImportSave, { name: saveNameOf(file), blob }, { ...options, onProgress });
      }),
    download: (save: string) =>
      copying(async () => {
        const onProgress = showProgress(`Fetching ${save} from the host`);
        const options = { to, timeoutMs: COPY_TIMEOUT_MS, onProgress };
        const { blob } = await cluster.request(ExportSave, { save }, options);
        downloadFile(blob, save);
      }),
    remove: async (save: string) => {
      await cluster.request(DeleteSave, { save }, { to });
      await refresh();
    },
    start: (save: string) =>
      cluster.request(StartInstance, { instanceId: id, save }, { timeoutMs: START_TIMEOUT_MS }),
  };
}
