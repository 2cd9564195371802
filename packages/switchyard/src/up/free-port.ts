import { createServer } from "node:net";
import { explainSystemError } from "@switchyard/node-kit";

/** Rejects `port-taken` or `port-refused` before anything is started; 0 is always fine. */
export function checkPortIsFree(port: number, address: string): Promise<void> {
  if (port === 0) return Promise.resolve();
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(explainSystemError(error, { port })));
    server.listen({ port, host: address }, () => server.close(() => resolve()));
  });
}
