import { Alert } from "@mantine/core";
import { AppError } from "@switchyard/protocol";

/** What went wrong, in the words of the error table. Nothing when nothing did. */
export function ErrorAlert({ error, onClose }: { error: unknown; onClose?: () => void }) {
  if (error === undefined) return null;
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      title={AppError.from(error).message}
      {...(onClose && { withCloseButton: true, closeButtonLabel: "Dismiss", onClose })}
    />
  );
}
